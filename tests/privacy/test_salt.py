"""One salt for a user: made once, kept from others, and the same whoever asks."""

import os

import pytest

from instructwild.errors import ConfigError, OutputError
from instructwild.privacy.people import person
from instructwild.privacy.salt import SALT, salt_file, user_salt
from instructwild.schema import salted_hash


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who has no salt yet."""
    monkeypatch.delenv(SALT, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


def test_a_salt_is_made_once_for_a_user_and_kept_from_others(home, monkeypatch):
    first = user_salt()
    assert len(first) >= 32
    assert user_salt() == first
    assert salt_file().stat().st_mode & 0o077 == 0
    monkeypatch.setenv(SALT, "a salt of my own")
    assert user_salt() == "a salt of my own"


def test_posts_and_rankings_of_a_user_are_hashed_with_one_salt(home, monkeypatch):
    assert person("anna") == f"person:{salted_hash(user_salt(), 'anna')}" != person("li")
    assert [path for path in home.rglob("*") if path.is_file()] == [salt_file()]
    before = person("anna")
    monkeypatch.setenv(SALT, "another of my own")
    assert person("anna") != before


def test_a_salt_that_cannot_be_kept_is_one_message(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "file"))
    with pytest.raises(OutputError, match=f"set {SALT}"):
        person("anna")


@pytest.mark.parametrize("rest", ["", "\n", "3f9a"])
def test_the_rest_of_a_write_cut_short_is_no_salt(home, rest):
    salt_file().parent.mkdir(parents=True)
    salt_file().write_text(rest)
    with pytest.raises(OutputError, match="too few for a secret"):
        user_salt()
    assert salt_file().read_text() == rest


def test_a_short_salt_in_the_environment_is_refused_without_showing_it(home, monkeypatch):
    monkeypatch.setenv(SALT, "tiny")
    with pytest.raises(ConfigError, match="hides nobody") as caught:
        user_salt()
    assert "tiny" not in str(caught.value)


def test_a_salt_is_written_aside_and_renamed(home, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        user_salt()
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_pipe_or_a_salt_of_one_sign_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("INSTRUCTWILD_SALT", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = salt_file()
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(OutputError, match="no regular file"):
        user_salt()
    path.unlink()
    path.write_text("a" * 40)
    with pytest.raises(OutputError, match="1 of them different"):
        user_salt()
