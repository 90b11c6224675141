"""How the threads of torch wait for one another on cores that others use too."""

import os
import sys
from collections.abc import MutableMapping

CHOSEN_BY = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""With one of these the user has chosen, and nothing is changed."""
SPINS = "2000"
"""Turns of a waiting loop, some tens of microseconds: the pause between two products of a step, no turn of a scheduler."""


def limit_spinning(environment: MutableMapping[str, str] | None = None) -> bool:
    """Let OpenMP's threads spin for a moment only, then sleep, in this process and those it starts; whether that was set.

    By default they spin for milliseconds. Where another process has the core on which a thread's partner should run, that
    burns the turns of both: a model of 135M in two threads on a machine with five processes a core wrote less than 0.2
    tokens/s, and 1.9 with this. No result depends on it. GNU's OpenMP reads it when it is loaded, so that nothing is set
    once torch is imported.

    Args:
        environment: the process's own by default.
    """
    environment = os.environ if environment is None else environment
    if any(name in environment for name in CHOSEN_BY) or "torch" in sys.modules:
        return False
    environment["GOMP_SPINCOUNT"] = SPINS
    return True
