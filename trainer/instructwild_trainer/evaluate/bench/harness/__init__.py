"""Tasks of lm-evaluation-harness: what they ask, from the Hub or from local files, and a model's score on them."""
