"""Why the embedded server stopped, from what it wrote."""

import pytest

from instructwild_annotation.server.process import why_stopped


@pytest.mark.parametrize(("text", "reason", "remedy"), [
    ("sqlite3.OperationalError: database or disk is full\n", "the disk is full", "free space"),
    ("OSError: [Errno 28] No space left on device: '/x/tmp'\nTraceback ends", "the disk is full", "free space"),
    ("sqlalchemy.exc.DatabaseError: database disk image is malformed", "its database is damaged", "copy"),
    ("sqlite3.DatabaseError: file is not a database", "its database is damaged", "copy"),
    ("attempt to write a readonly database", "its database cannot be written", "permissions"),
    ("", "it said nothing; the disk may be full", "log"),
    ("one\ntwo\nthree\nfour\n", "two\n  three\n  four", "log")])
def test_the_log_is_put_into_words(text, reason, remedy):
    told = why_stopped(text)
    assert reason in told[0]
    assert remedy in told[1]
