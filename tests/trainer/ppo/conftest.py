"""One small PPO run on the tiny model."""

import pytest
from ppo_run import actors_on, trainer_on


@pytest.fixture
def make_actors(tiny_model):
    """Actors on a fresh copy of the tiny model; see `actors_on`."""
    def make(**given):
        return actors_on(tiny_model, **given)
    return make


@pytest.fixture
def make_trainer(make_actors, tmp_path):
    """A trainer whose checkpoints are in a folder of that name; options of `SMALL` may be changed, and actors given."""
    def make(folder="run", *, actors=None, shared_trunk=False, **given):
        parts = {name: given.pop(name) for name in ("score", "ptx") if name in given}
        return trainer_on(actors or make_actors(shared_trunk=shared_trunk), tmp_path / folder, changes=given, **parts)
    return make
