"""Instructions that a program can check, in English and Chinese: pure functions, and a reward made of them."""

from instructwild_trainer.verifiers import kinds
from instructwild_trainer.verifiers.check import VERIFIERS, Check, satisfied
from instructwild_trainer.verifiers.echo import own_text
from instructwild_trainer.verifiers.reward import verified

__all__ = ["VERIFIERS", "Check", "kinds", "own_text", "satisfied", "verified"]
