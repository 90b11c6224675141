"""How good a model is: perplexity, a reward model's scores, and pairwise evaluations of two models before a judge."""
