"""Open Assistant's messages, one a row, become the trees they are of: conversations, and rankings of the ranked replies."""

import json

import polars as pl
import pytest

from instructwild.read.instructions import read
from instructwild.read.rankings import read_rankings


def message(name, parent, role, text, rank=None, **more):
    return {"message_id": name, "parent_id": parent, "role": role, "text": text, "rank": rank, "lang": "en", **more}


ROWS = [
    message("b", "a", "assistant", "Sand.", 1),
    message("a", None, "prompter", "Name a reed."),
    message("c", "a", "assistant", "Sedge.", 0),
    message("d", "c", "prompter", "And a rush?"),
    message("e", "d", "assistant", "Bulrush.", 0),
    message("f", "d", "assistant", "Brick.", 1, deleted=False),
    message("g", None, "prompter", "说一种苇", lang="zh"),
]
TURNS = [["Name a reed.", "Sedge.", "And a rush?", "Bulrush."], ["说一种苇"]]


@pytest.fixture(params=["jsonl", "parquet", "csv"])
def path(tmp_path, request):
    file = tmp_path / f"messages.{request.param}"
    rows = [{**row, "rank": str(row["rank"]) if request.param == "csv" and row["rank"] is not None else row["rank"]}
            for row in ROWS]
    if request.param == "jsonl":
        file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    elif request.param == "parquet":
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(file)
    else:
        pl.DataFrame(rows, infer_schema_length=None).write_csv(file)
    return file


def test_rows_become_the_conversation_along_the_best_replies(path):
    table = read([path])
    assert [[turn["content"] for turn in turns] for turns in table.frame["messages"]] == TURNS
    assert table.frame["language"].to_list() == ["en", "zh"]
    assert table.malformed == []
    assert "Sand." in table.frame["extra"][0]
    assert table.inputs[0].rows == 2


def test_rows_become_a_ranking_for_each_question_with_ranked_replies(path):
    first, second = read_rankings([path]).rows
    assert ([one.text for one in first.candidates], first.rankings[0].ranks) == (["Sand.", "Sedge."], (2, 1))
    assert [turn.content for turn in second.messages] == TURNS[0][:3]
    assert ([one.text for one in second.candidates], second.rankings[0].ranks) == (["Bulrush.", "Brick."], (1, 2))


def test_orphans_second_ones_and_circles_are_named_and_none_is_lost(tmp_path):
    rows = [message("a", None, "prompter", "q"), message("a", None, "prompter", "again"),
            message("b", "z", "assistant", "lost"),
            message("c", "d", "prompter", "round"), message("d", "c", "assistant", "and round")]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    table = read([tmp_path / "m.jsonl"])
    assert [[turn["content"] for turn in turns] for turns in table.frame["messages"]] == [["q"]]
    assert sorted(lost.evidence.rpartition(":")[2] for lost in table.malformed) == ["2", "3", "4", "5"]
    problems = " ".join(lost.row["problem"] for lost in table.malformed)
    assert all(words in problems for words in ("second message", "parent is not in the file", "circle"))
