"""The reward of the recipes: the share of a prompt's instructions that a response meets."""

from instructwild_trainer.verifiers import verified

__all__ = ["verified"]
