"""One salt for a user: made once, kept from others, and the same whoever asks."""

import pytest

from instructwild.errors import OutputError
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
    monkeypatch.setenv(SALT, "given")
    assert user_salt() == "given"


def test_posts_and_rankings_of_a_user_are_hashed_with_one_salt(home, monkeypatch):
    assert person("anna") == f"person:{salted_hash(user_salt(), 'anna')}" != person("li")
    assert [path for path in home.rglob("*") if path.is_file()] == [salt_file()]
    before = person("anna")
    monkeypatch.setenv(SALT, "other")
    assert person("anna") != before


def test_a_salt_that_cannot_be_kept_is_one_message(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "file"))
    with pytest.raises(OutputError, match=f"set {SALT}"):
        person("anna")
