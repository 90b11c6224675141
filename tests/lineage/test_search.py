"""Forgotten text is found in archives, packed files and every encoding, and what cannot be looked into is named."""

import base64
import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from email.message import EmailMessage
from urllib.parse import quote, quote_plus

import polars as pl
import pytest
import zstandard

from instructwild.lineage.erase import erase
from instructwild.lineage.gone import Gone
from instructwild.lineage.search import search
from instructwild.lineage.text_codec import CHUNK

POST = "请用四句话向九岁的孩子解释潮汐表 (how would you explain a tide table?)"
WHAT = Gone(frozenset({"feedfacefeedface"}), (POST,))
LINES = f'{{"text": {json.dumps(POST)}}}\n'.encode()


def zipped(name, raw):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.txt", "nothing")
        archive.writestr(name, raw)
    return buffer.getvalue()


def tarred(name, raw):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(raw)
        archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


def parquet():
    buffer = io.BytesIO()
    pl.DataFrame({"text": [POST]}).write_parquet(buffer)
    return buffer.getvalue()


def database():
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, said TEXT) WITHOUT ROWID")
        base.execute("INSERT INTO seen VALUES ('a', ?)", (POST,))
        base.commit()
        return base.serialize()


@pytest.mark.parametrize(("name", "raw"), [
    ("posts.jsonl", LINES), ("posts.jsonl.gz", gzip.compress(LINES)), ("twice.gz", gzip.compress(gzip.compress(LINES))),
    ("posts.zst", zstandard.compress(LINES)),
    ("posts.bz2", bz2.compress(LINES)), ("posts.xz", lzma.compress(LINES)), ("x-2026.zip", zipped("data/tweets.js", LINES)),
    ("all.zip", zipped("x-2026.zip", zipped("tweets.js", LINES))), ("posts.tar.gz", gzip.compress(tarred("a.json", LINES))),
    ("rows.zip", zipped("data.parquet", parquet())), ("base.zip", zipped("calls.sqlite", database())),
    ("base.db", database()), ("gb.txt", POST.encode("gb18030")), ("wide.txt", POST.encode("utf-16")),
    ("bare.txt", POST.encode("utf-16-le")), ("big.txt", "請用四句話解釋潮汐表 feedfacefeedface".encode("big5")),
    ("cache.bin", b"\x00\xff\xfe\x01" * 50 + POST.encode()),
    ("edge.txt", b"x" * (CHUNK - 20) + b" " + POST.encode() + b" " + b"y" * CHUNK)],
    ids=lambda value: value if isinstance(value, str) else "")
def test_wherever_it_lies_it_is_found(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw)
    assert search(path, WHAT).holds
    assert not search(path, Gone(frozenset({"0123456789abcdef"}), ("a text that nobody wrote here",))).holds


@pytest.mark.parametrize(("name", "raw", "reason"), [
    ("paper.pdf", b"%PDF-1.7 stream", "a PDF"), ("old.7z", b"7z\xbc\xaf\x27\x1c rest", "7z"),
    ("a.rar", b"Rar!\x1a\x07", "RAR"),
    ("cut.gz", gzip.compress(LINES * 2000)[:-20], "cut.gz"), ("cut.zip", zipped("a", LINES)[:-30], "cut.zip")],
    ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_looked_into_is_named(tmp_path, name, raw, reason):
    path = tmp_path / name
    path.write_bytes(raw)
    assert reason in " ".join(search(path, Gone(frozenset({"0123456789abcdef"}), ())).unsearched)


def test_a_locked_member_is_named_and_the_others_are_searched(tmp_path):
    path = tmp_path / "mixed.zip"
    raw = bytearray(zipped("data/tweets.js", LINES))
    at = raw.rfind(b"PK\x01\x02", 0, raw.rfind(b"PK\x01\x02"))
    raw[at + 8] |= 1                                            # the first member says that it is encrypted
    path.write_bytes(raw)
    result = search(path, WHAT)
    assert result.holds
    assert [part.partition(":")[0] for part in result.unsearched] == ["mixed.zip/about.txt"]


def test_an_archive_is_rewritten_member_by_member(tmp_path):
    path = tmp_path / "x-2026.zip"
    path.write_bytes(zipped("data/tweets.js", b"window.YTD = [" + LINES.strip() + b"]"))
    assert erase(path, WHAT)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("about.txt") == b"nothing"
        assert b"[forgotten]" in archive.read("data/tweets.js")
    assert not search(path, WHAT).holds
    assert not erase(path, WHAT)


def arrow(compression, stream=False):
    buffer = io.BytesIO()
    frame = pl.DataFrame({"text": [POST]})
    frame.write_ipc_stream(buffer) if stream else frame.write_ipc(buffer, compression=compression)
    return buffer.getvalue()


def mail(encoding):
    message = EmailMessage()
    message.set_content(POST, cte=encoding)
    return message.as_bytes()


@pytest.mark.parametrize(("name", "raw"), [
    ("rows.arrow", arrow("lz4")), ("rows.feather", arrow("zstd")), ("rows.ipc", arrow("uncompressed", stream=True)),
    ("a.eml", mail("base64")), ("a.mbox", b"From wren Thu Jan  1 00:00:00 2026\n" + mail("quoted-printable")),
    ("a.mhtml", mail("base64")), ("wide.txt", POST.encode("utf-32")), ("bare.txt", POST.encode("utf-32-le")),
    ("big.txt", POST.encode("utf-32-be"))])
def test_tables_mails_and_wide_encodings_are_looked_into(tmp_path, name, raw):
    path = tmp_path / name
    path.write_bytes(raw)
    assert search(path, WHAT).holds
    assert not search(path, Gone(frozenset({"0123456789abcdef"}), ("a text that nobody wrote here",))).holds


@pytest.mark.parametrize("head", [b"PARE", b"ORC\x0a", b"Obj\x01", b"\x04\x22\x4d\x18", b"Salted__", b"12345678DUCK"])
def test_packed_kinds_without_a_reader_here_are_named(tmp_path, head):
    path = tmp_path / "packed.bin"
    path.write_bytes(head + b"\x80" * 600)
    assert search(path, WHAT).unsearched


@pytest.mark.parametrize("spell", [
    lambda text: text.encode().hex(), lambda text: quote(text), lambda text: quote_plus(text),
    lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    *(lambda text, before=before: base64.b64encode(b"{" * before + text.encode() + b"}").decode() for before in range(3)),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode()])
def test_encoded_text_is_found(tmp_path, spell):
    (tmp_path / "export.txt").write_text(f"id=7 {spell(POST)} end", encoding="utf-8")
    assert search(tmp_path / "export.txt", WHAT).holds


@pytest.mark.parametrize("spelled", ["Who mends my aunt\\'s old loom in Vik?", "Who mends my aunt''s old loom in Vik?",
                                     "Who mends my aunt’s old loom in Vik?"])
def test_an_apostrophe_as_programs_and_databases_write_it_hides_nothing(tmp_path, spelled):
    (tmp_path / "dump.sql").write_text(f"INSERT INTO t VALUES ('{spelled}');", encoding="utf-8")
    assert search(tmp_path / "dump.sql", Gone(frozenset(), ("Who mends my aunt's old loom in Vik?",))).holds


def test_packed_values_of_a_database_and_old_lzma_are_looked_into(tmp_path):
    with sqlite3.connect(tmp_path / "cache.db") as base:
        base.execute("CREATE TABLE t (x BLOB)")
        base.execute("INSERT INTO t VALUES (?)", (gzip.compress(LINES),))
    base.close()
    (tmp_path / "rows.lzma").write_bytes(lzma.compress(LINES, format=lzma.FORMAT_ALONE))
    assert search(tmp_path / "cache.db", WHAT).holds
    assert search(tmp_path / "rows.lzma", WHAT).holds


def test_a_database_loses_the_record_and_what_refers_to_it(tmp_path):
    path = tmp_path / "page.sqlite"
    with sqlite3.connect(path) as base:
        base.executescript("CREATE TABLE records(id INTEGER PRIMARY KEY, row TEXT);"
                           "CREATE TABLE work(person INTEGER, record INTEGER REFERENCES records(id), note TEXT, "
                           "PRIMARY KEY(person, record)) WITHOUT ROWID;")
        base.executemany("INSERT INTO records VALUES (?, ?)", [(1, POST), (2, "another"), (3, "a third")])
        base.executemany("INSERT INTO work VALUES (?, ?, ?)", [(7, 1, "fine"), (7, 2, "ok"), (8, 3, f"see: {POST}")])
    base.close()
    assert erase(path, WHAT)
    assert not search(path, WHAT).holds
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT id FROM records").fetchall() == [(2,), (3,)]
        assert base.execute("SELECT person, record FROM work").fetchall() == [(7, 2)]
    base.close()


@pytest.mark.parametrize("spell", [
    lambda text: json.dumps(text).replace("\\u8bf7", "\\u8BF7").replace("<", "\\u003c").replace("'", "\\u0027"),
    lambda text: json.dumps(text, ensure_ascii=False).replace("<", "\\u003C").replace("&", "\\u0026"),
    lambda text: json.dumps(text).replace("/", "\\/"),
    lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    lambda text: '1,"' + text.replace('"', '""') + '",x',
], ids=["dotnet", "go", "php", "all", "csv"])
def test_other_writers_of_json_and_csv_hide_nothing(tmp_path, spell):
    text = "请 explain why the gull's wing </b> is \"bent\" & why it rides home/away"
    path = tmp_path / "export.txt"
    path.write_text("{" + spell(text) + "}", encoding="utf-8")
    assert search(path, Gone(frozenset(), (text,))).holds
    assert not search(path, Gone(frozenset(), ("a text that nobody wrote here",))).holds
