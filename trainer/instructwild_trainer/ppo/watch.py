"""When to stop: what a run must not go on from."""

import math
from dataclasses import dataclass

from instructwild.text.quantity import quantity
from instructwild_trainer.ppo.config import PPOOptions


class Stopped(Exception):
    """The run must not go on from here. The weights of the last checkpoint are the last good ones."""


@dataclass
class Watch:
    """Judges each update before its weights are kept."""

    options: PPOOptions
    endless: int = 0

    def experience(self, figures: dict[str, float]) -> None:
        """Judge what was rolled out.

        Raises:
            Stopped: with the reason in words, its figure and the option that sets the limit.
        """
        self.finite(figures)
        o = self.options
        if o.kl_stop and figures["kl"] > o.kl_stop:
            raise Stopped(f"KL to the reference is {figures['kl']:.1f} nats per sequence, beyond kl_stop {o.kl_stop:g}: the "
                          "policy has left the language it was taught; raise kl_coef or lower learning_rate")
        if o.entropy_stop and figures["entropy"] < o.entropy_stop:
            raise Stopped(f"entropy is {figures['entropy']:.4f} nats a token, below entropy_stop {o.entropy_stop:g}: every "
                          "answer is the same one; raise kl_coef or lower learning_rate")
        self.endless = self.endless + 1 if figures["ended"] == 0 else 0
        if o.endless_stop and self.endless >= o.endless_stop:
            raise Stopped(f"no response ended within response_length {o.response_length} in "
                          f"{quantity(self.endless, 'update')} in a row "
                          "(endless_stop): raise response_length, or give an SFT model that has learned to stop")

    def finite(self, figures: dict[str, float]) -> None:
        """Judge that figures are numbers.

        Raises:
            Stopped: one is NaN or infinite.
        """
        for name, value in figures.items():
            if not math.isfinite(value):
                raise Stopped(f"{name} is {value}: lower learning_rate, or take dtype float32")
