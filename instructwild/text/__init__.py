"""What is known about text: scripts, tokens, languages."""
