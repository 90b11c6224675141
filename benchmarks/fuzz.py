"""Mutated files and replies for an hour: a reader may refuse, and may lose a row with a reason; it never raises otherwise.

    python -m benchmarks.fuzz [MINUTES] [SEED]

Each case is a small sample of a format, mutated a few times: bits, cuts, splices, repeats, and tokens that readers stumble
over. One that raises what it may not, or takes longer than `SLOWEST`, is written to `benchmarks/results/fuzz/`.
"""

import json
import random
import sys
import time
import zlib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from instructwild.collect.kinds import kind_named
from instructwild.errors import InstructwildError
from instructwild.expand.parse import proposals
from instructwild.expand.template import template
from instructwild.llm.answer import understood
from instructwild.llm.judge import read_order, read_scores
from instructwild.llm.price import Price
from instructwild.llm.reading import reading
from instructwild.llm.request import Reply, Request
from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings
from instructwild.schema import Message

OUT = Path(__file__).parent / "results" / "fuzz"
SLOWEST = 5.0
ROWS = [{"instruction": "Name two gases. 列举两种气体。", "input": "", "output": "Neon, argon."},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "你好", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "3"}]},
        {"prompt": "Why?", "chosen": "So.", "rejected": "No."}, {"conversations": [{"from": "human", "value": "a"},
                                                                                   {"from": "gpt", "value": "b"}]}]
TOKENS = [b"{", b"[", b"]", b"}", b'"', b"\\", b",", b";", b"\t", b"\n", b"\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
          b"null", b"NaN", b"1e999", b"-", b"9" * 400, b'{"a":' * 300, b"[" * 2000, b"\\ud800", "\ufeff、，。".encode(),
          b"<think>", b"</think>", b"<|im_end|>", b"```", b"&#x110000;", b"<![CDATA[", b"<!ENTITY a 'b'>", b"PK\x03\x04",
          b"\x1f\x8b\x08", b"(\xb5/\xfd", b"PAR1", b"ARROW1", b"SQLite format 3\x00", b"1. ", "1、".encode(), b"A > B = C"]
REPLIES = ["1. What is rain?\n2. Why is it wet?\n3. User: Hi\nAssistant: Hello", "A > B = C", "[[7, 8]]",
           "<think>plan</think>Answer.", "Question 1: a\nAnswer 1: b", "1、什么是雨？\n2、为什么湿？"]
ANSWER = {"id": "x", "choices": [{"message": {"role": "assistant", "content": "Yes.", "reasoning_content": "hm"},
                                  "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


def samples() -> dict[str, bytes]:
    """One small file of each format, by its name."""
    import gzip
    import io
    import zipfile

    import polars as pl
    import zstandard

    lines = b"\n".join(json.dumps(row, ensure_ascii=False).encode() for row in ROWS)
    table = pl.DataFrame({"question": ["Why?", "为什么？"], "answer": ["So.", "因为。"], "n": [1, 2]})
    parquet, zipped = io.BytesIO(), io.BytesIO()
    table.write_parquet(parquet)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("rows.jsonl", lines)
    return {"rows.jsonl": lines, "rows.json": json.dumps(ROWS, ensure_ascii=False).encode(),
            "object.json": json.dumps({"data": ROWS}).encode(),
            "columns.json": json.dumps(table.to_dict(as_series=False)).encode(),
            "table.csv": table.write_csv().encode(), "table.tsv": table.write_csv(separator="\t").encode(),
            "utf16.csv": table.write_csv().encode("utf-16"), "gb.csv": table.write_csv().encode("gb18030"),
            "table.parquet": parquet.getvalue(), "rows.jsonl.gz": gzip.compress(lines),
            "plain.txt": "Why?\n为什么？\n".encode(),
            "rows.jsonl.zst": zstandard.compress(lines), "rows.zip": zipped.getvalue()}


DAY = "2026-01-01T00:00:00Z"
EXPORTS = {
    "discord": {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": [
        {"id": "3", "timestamp": DAY, "content": "Why is rain wet?", "author": {"id": "4", "name": "w"}}]},
    "telegram": {"name": "g", "type": "public_supergroup", "id": 1, "messages": [
        {"id": 2, "type": "message", "date": "2026-01-01T00:00:00", "from": "wren", "from_id": "user5",
         "text": ["为什么", {"type": "bold", "text": "？"}]}]},
    "mastodon": {"orderedItems": [{"type": "Create", "published": DAY, "object": {
        "id": "u", "type": "Note", "content": "<p>Why is <b>rain</b> wet?</p>", "attributedTo": "a", "to": ["as:Public"]}}]},
    "reddit": {"id": "a", "title": "Why is rain wet?", "selftext": "Really", "author": "w", "created_utc": 1700000000},
    "hackernews": {"hits": [{"objectID": "1", "title": "Ask HN: Why?", "story_text": "<p>x", "author": "w",
                             "created_at_i": 1}]},
    "weibo": {"weibo": [{"id": "1", "content": "为什么下雨？", "publish_time": "2026-01-01 00:00"}]},
    "sharegpt": [{"id": "1", "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}]}],
    "stackexchange": '<?xml version="1.0" encoding="utf-8"?><posts><row Id="1" PostTypeId="1" Title="Why?" '
                     'Body="&lt;p&gt;Rain&lt;/p&gt;" CreationDate="2026-01-01T00:00:00.000" OwnerUserId="3" /></posts>',
    "x": "window.YTD.tweets.part0 = " + json.dumps([{"tweet": {
        "id_str": "1", "full_text": "Ask ChatGPT: why is rain wet?", "created_at": "Thu Jan 01 00:00:00 +0000 2026",
        "entities": {"urls": [], "user_mentions": []}}}]),
}
"""One post of each kind of source that `collect` reads."""
NAMES = {"stackexchange": "Posts.xml", "x": "tweets.js", "reddit": "posts.jsonl"}
TEMPLATES = [(language, name) for language in ("en", "zh") for name in ("chat", "base", "pairs", "talks")]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes, changed in one to six places."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del changed[at:at + rng.randint(1, 40)]
        elif kind == 2:
            changed[at:at] = rng.choice(TOKENS)
        elif kind == 3:
            other = rng.randrange(len(changed) + 1)
            changed[at:at] = changed[other:other + rng.randint(1, 60)]
        elif kind == 4:
            changed[at:at] = rng.randbytes(rng.randint(1, 8))
        else:
            del changed[at:]
    return bytes(changed)


def read_file(path: Path) -> None:
    """Read a file as every command would."""
    for reader in (lambda: read([path]), lambda: read_rankings([path])):
        with suppress(InstructwildError):
            reader()


def collect_file(path: Path, kind: str) -> None:
    """Read the posts of an export."""
    with suppress(InstructwildError):
        for _ in kind_named(kind).posts(path):
            pass


def read_reply(text: str, rng: random.Random) -> None:
    """Parse a reply as everything that asks a model does."""
    ready = understood(text, text if rng.random() < 0.2 else None, "Why?")
    reply = Reply(ready.content, rng.choice(["stop", "length"]))
    for language, name in TEMPLATES:
        proposals(reply, template(language, name), 1)
    read_order(text, 3)
    read_scores(text, 3)
    answer = json.loads(json.dumps(ANSWER))
    contents = [text, [{"type": "text", "text": text}], None, 7, [text, [text]]]
    answer["choices"][0]["message"]["content"] = rng.choice(contents)
    answer["usage"] = rng.choice([answer["usage"], None, {"prompt_tokens": 10**400}, {"prompt_tokens": text}, [1]])
    reading(rng.choice([answer, text, [answer], {"choices": text}]),
            Request(messages=(Message(role="user", content="Why?"),)), Price(1, 1))


def fuzz(minutes: float, seed: int, most: int = sys.maxsize) -> Counter[str]:
    """Try mutated cases until the time is over; returns how many of each sort were tried, and how many failed."""
    counts: Counter[str] = Counter()
    exports = {name: (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()
               for name, value in EXPORTS.items()}
    originals = samples() | exports
    until = time.monotonic() + 60 * minutes
    with TemporaryDirectory() as folder:
        number = 0
        while time.monotonic() < until and number < most:
            number += 1
            rng = random.Random(f"{seed} {number}")
            name = rng.choice([*originals, *["reply"] * 4])
            data = rng.choice(REPLIES).encode() if name == "reply" else originals[name]
            data = mutated(data, rng)
            path = Path(folder) / NAMES.get(name, f"{name}.json" if name in exports else name)
            began = time.process_time()
            try:
                if name == "reply":
                    read_reply(data.decode("utf-8", "replace"), rng)
                else:
                    path.write_bytes(data)
                    collect_file(path, name) if name in exports else read_file(path)
                problem = "" if time.process_time() - began < SLOWEST else f"took {time.process_time() - began:.1f} s"
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a panic of polars is no Exception
                problem = f"{type(error).__name__}: {error}"
            counts[name] += 1
            if problem:
                counts[f"failed: {name}"] += 1
                OUT.mkdir(parents=True, exist_ok=True)
                (OUT / f"{zlib.crc32(data):08x}-{name}").write_bytes(data)
                print(f"{seed} {number} {name}: {problem[:200]}", flush=True)
    return counts


if __name__ == "__main__":
    arguments = sys.argv[1:]
    minutes, seed = float(arguments[0]) if arguments else 60.0, int(arguments[1]) if len(arguments) > 1 else 0
    for name, count in sorted(fuzz(minutes, seed).items()):
        print(f"{count:>8,}  {name}")
