"""The reward model, taught on rankings of K answers: K forwards a prompt, all its pairs in one batch element."""
