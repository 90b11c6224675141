"""Files and folders are there whole or not at all."""

import os

import pytest

from instructwild.stage.atomic import atomic_path, new_folder, write_atomic


def test_a_block_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    file = tmp_path / "a.json"
    write_atomic(file, "first")
    with pytest.raises(KeyboardInterrupt), atomic_path(file) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert file.read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_permissions_of_the_replaced_file_stay(tmp_path):
    file = tmp_path / "secret"
    write_atomic(file, "a")
    file.chmod(0o600)
    write_atomic(file, b"b")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"b", 0o600)


def test_a_folder_replaces_a_folder(tmp_path):
    for content in ("first", "second"):
        with atomic_path(tmp_path / "model") as temporary:
            temporary.mkdir()
            (temporary / content).touch()
    assert os.listdir(tmp_path / "model") == ["second"]


def test_of_two_processes_that_make_a_folder_the_first_serves_both(tmp_path):
    with new_folder(tmp_path / "model") as slow:
        (slow / "slow").touch()
        with new_folder(tmp_path / "model") as quick:
            (quick / "quick").touch()
    assert os.listdir(tmp_path / "model") == ["quick"]
    assert os.listdir(tmp_path) == ["model"]
