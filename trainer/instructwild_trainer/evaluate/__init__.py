"""How good a model is: perplexity, a reward model's scores, and battles of two models before a judge."""
