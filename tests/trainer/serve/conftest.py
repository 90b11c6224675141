"""A running server over two tiny models, shared by all tests that only ask it."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from instructwild.llm.local import LocalModel
from instructwild.llm.tiny import write_tiny
from instructwild_trainer.adapter import source_of
from instructwild_trainer.serve.app import RequestLimits, Service
from instructwild_trainer.serve.engine import BatchEngine
from instructwild_trainer.serve.loaded_model import LoadedModel
from instructwild_trainer.serve.server import Server, address, taken
from instructwild_trainer.serve.votes import Votes


@contextmanager
def running(loaded_models, votes=None, key=None, limits=None, grace=5.0, **engine):
    """The address of a server that lives as long as the block; `.server` and `.engine` of the value are its parts."""
    made = BatchEngine({loaded.name: loaded.local for loaded in loaded_models}, **engine)
    service = Service(loaded_models, made, votes=votes, key=key, limits=limits or RequestLimits())
    listening = taken("127.0.0.1", 0)
    server = Server(service, grace)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(address(listening, "127.0.0.1"), server, made)
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        made.stop()


class Running(str):
    """A URL, with what answers there."""

    def __new__(cls, url, server, engine):
        made = super().__new__(cls, url)
        made.server, made.engine = server, engine
        made.port = int(url.rpartition(":")[2])
        return made

    def raw(self, text):
        """A connection on which this has been sent as it is."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        made.sendall(text)
        return made


@pytest.fixture(scope="session")
def loaded_models(tiny_model, tmp_path_factory, device):
    other = tmp_path_factory.mktemp("models") / "other"
    other.mkdir()
    write_tiny(other, seed=1)
    return [LoadedModel(name, source_of(folder), LocalModel(folder, dtype="float32", device=device))
            for name, folder in (("tiny", tiny_model), ("other", other))]


@pytest.fixture(scope="session")
def votes(loaded_models, tmp_path_factory):
    return Votes(tmp_path_factory.mktemp("kept") / "votes", [loaded.source.record for loaded in loaded_models])


@pytest.fixture(scope="session")
def url(loaded_models, votes):
    with running(loaded_models, votes, slots=8, waiting=64) as started:
        yield started
