"""Direct preference optimisation: a policy learned from rankings without a reward model."""
