"""To the Hub: a dataset or a model with its card, private by default, and only when nothing speaks against it."""
