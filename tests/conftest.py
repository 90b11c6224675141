"""What holds for every test: one thread, no Hub, no network but loopback."""

import os

os.environ.update(OMP_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1",
                  TRL_EXPERIMENTAL_SILENCE="1", NO_COLOR="1")

import socket
from pathlib import Path

import hypothesis
import pytest

from tests.browser import chromium  # noqa: F401 - a fixture of all tests that look at a page

hypothesis.settings.register_profile("quiet", deadline=None)   # a busy machine is no failing test
hypothesis.settings.load_profile("quiet")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser):
    parser.addoption("--device", choices=["cpu", "cuda"], default="cpu", help=(
        "cpu: every test, a GPU is hidden from them and their processes; cuda: those that take the fixture `device`, on it"))


def pytest_configure(config):
    if config.getoption("--device") == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def pytest_collection_modifyitems(config, items):
    """Leave out what needs a GPU where none is asked for, and tests on real data where that is missing."""
    def left_out(item):
        fixtures = getattr(item, "fixturenames", ())
        on_gpu = config.getoption("--device") == "cuda"
        return (on_gpu and "device" not in fixtures) or (not SHARED.is_dir() and "shared" in fixtures)

    without = [item for item in items if left_out(item)]
    config.hook.pytest_deselected(items=without)
    dropped = set(without)
    # the trainer's files take longest: begun first, no worker waits for the last of them
    items[:] = sorted((item for item in items if item not in dropped), key=lambda item: "trainer" not in item.path.parts)


@pytest.fixture(scope="session")
def device(request):
    """Where a test's models go: the CPU, or the GPU with `--device cuda`."""
    chosen = request.config.getoption("--device")
    if chosen == "cuda":
        import torch

        if not torch.cuda.is_available():
            pytest.skip("--device cuda, and torch can use no GPU here")
    return chosen


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    """A connection to anything but this machine fails at once, and loudly."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test reached for the network: {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def shared():
    """Real data that lies beside the checkout and is never part of it; without it the tests that read it are left out."""
    return SHARED



@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """The folder of the tiny random model, shared and never written to."""
    from instructwild.llm.tiny import write_tiny

    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    write_tiny(folder)
    return folder
