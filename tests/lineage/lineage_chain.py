"""A small chain on disk: three posts, rows made from them, rankings, two models, and files of every kind beside them."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from instructwild import stage
from instructwild.schema import (
    Candidate,
    Dropped,
    MadeBy,
    Origin,
    Ranking,
    RankingRow,
    Reason,
    instruction_of,
    response_id,
    salted_hash,
)
from instructwild.schema.columns import instruction_to_columns
from instructwild.stage.frames import instruction_frame, ranking_frame

SALT = "a test's salt"
AUTHOR = "a" * 16
BY = MadeBy(model="smollm2", template="self_instruct/en", template_hash="abc")


def seed(text, language, author, license="cc-by-4.0"):
    return instruction_of(text, language=language, origin=(
        Origin(kind="x", source="tweets.js", url="https://x.com/a/1", author=author, license=license),))


TIE = seed("What is a tie between two ranked answers?", "en", AUTHOR)
TWINS = seed("请解释一下什么是近似重复的指令？\n并举一个“例子”。", "zh-Hans", "b" * 16)
RIVER = seed("Name the longest river of Asia & <Europe>.", "en", "c" * 16)
JUDGES = instruction_of("How do judges break ties in a ranking?", language="en", parents=(TIE.id, RIVER.id), made_by=BY)
WAYS = instruction_of("List three ways of breaking ties.", language="en", parents=(JUDGES.id,), made_by=BY)
FIND = instruction_of("近似重复怎么检测？", language="zh-Hans", parents=(TWINS.id,), made_by=BY)
LOST = instruction_of("How do judges break ties in a rankings?", language="en", parents=(TIE.id,), made_by=BY)
OTHER = instruction_of("近似的重复怎么检测？", language="zh-Hans", parents=(TWINS.id,), made_by=BY)
KEPT = (TIE, TWINS, RIVER, JUDGES, WAYS, FIND)
FROM_TIE = (TIE, JUDGES, WAYS, LOST)


def ranked(row):
    """Two candidates: one that only this prompt has, and one that every prompt has."""
    answers = [f"A long answer about {row.prompt[0].content}", "I do not know the answer to that."]
    asked = ("user", row.prompt[0].content)
    return RankingRow(id=row.id, messages=row.messages, language=row.language, candidates=tuple(
        Candidate(id=response_id([asked, ("assistant", text)]), text=text, model="smollm2") for text in answers),
        rankings=(Ranking(annotator="scripted:length", ranks=(1, 2)),))


def trained(folder, name, inputs, **metrics):
    with stage.start(folder, name, config={}, inputs=inputs) as run:
        with run.atomic("model") as model:
            model.mkdir()
            (model / "config.json").write_text(json.dumps({"name": name}))
        run.finish(rows=stage.Rows(**{"in": 6, "kept": 6, "dropped": 0}), metrics=metrics, inputs=inputs,
                   report=f"<p>{name}: It was asked: <mark>{LOST.prompt[0].content}</mark></p>" if name == "ppo" else "<p>")


def build(root: Path):
    """Write the chain."""
    record = stage.input_record
    with stage.start(root / "collect", "collect",
                     config={"kind": "x", "salt": salted_hash(SALT, "fingerprint"), "forgotten": None}) as run:
        run.finish(data=instruction_frame([TIE, TWINS, RIVER]), report=f"<p>{TIE.prompt[0].content}</p>")
    with stage.start(root / "expand", "expand", config={}, inputs=[record(root / "collect")]) as run:
        run.finish(data=instruction_frame([JUDGES, WAYS, FIND]), report="<p>", usd=0.5)
    near = {"reason": Reason.NEAR_DUPLICATE, "step": "near"}
    with stage.start(root / "clean", "clean", config={"threshold": "7/10"},
                     inputs=[record(root / "collect"), record(root / "expand")]) as run:
        run.finish(data=instruction_frame(KEPT), report="<p>", metrics={"second_look": [TIE.id, RIVER.id]}, dropped=[
            Dropped(id=LOST.id, evidence={"of": JUDGES.id, "F": "18/20"}, row=instruction_to_columns(LOST), **near),
            Dropped(id=OTHER.id, evidence={"of": FIND.id, "twin": JUDGES.id}, row=instruction_to_columns(OTHER), **near)])
    with stage.start(root / "respond", "respond", config={}, inputs=[record(root / "clean")]) as run:
        run.finish(data=ranking_frame(map(ranked, KEPT)), report="<p>")
    trained(root / "sft", "sft", [record(root / "respond")])
    trained(root / "ppo", "ppo", [record(root / "sft")])
    beside(root)


def beside(root: Path):
    """Unfinished work with its request cache, exports inside stage folders, and the page of the chain."""
    work = root / "more" / ".work"
    work.mkdir(parents=True)
    with closing(sqlite3.connect(work / "requests.sqlite")) as base:
        base.execute("CREATE TABLE requests (key TEXT PRIMARY KEY, request TEXT, answer BLOB)")
        base.executemany("INSERT INTO requests VALUES (?, ?, ?)", [
            (row.id[::-1], json.dumps({"prompt": f"1. {row.prompt[0].content}\n2."}, ensure_ascii=False), b"2. Something.")
            for row in KEPT])
        base.commit()
    instruction_frame(KEPT).write_parquet(work / "000001.kept")
    lines = "".join(json.dumps({"instruction": row.prompt[0].content}, ensure_ascii=row is TWINS) + "\n" for row in KEPT)
    (root / "clean" / "alpaca.jsonl").write_text(lines, encoding="utf-8")
    (root / "clean" / "alpaca.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (root / "clean" / "alpaca.json").write_text(json.dumps([{"instruction": row.prompt[0].content} for row in KEPT]))
    cells = "".join(f'{row.id},"{row.prompt[0].content}"\n' for row in (TIE, RIVER))
    (root / "clean" / "rows.csv").write_text("id,text\n" + cells)
    (root / "index.html").write_text(f"<h1>Answers</h1><p>{TIE.prompt[0].content}</p>")
    (root / "clean" / "notes.txt").write_text("nothing of interest\n")
