"""A key that an object names twice would lose all its values but the last: such a row is malformed, by name."""

import json

import pytest

from instructwild.errors import InputError
from instructwild.read.instructions import read
from instructwild.read.unique_keys import quick_value
from instructwild.stage.frames import instructions

GOOD = '{"instruction": "Name a tide table.", "output": "The one of Esbjerg."}'
TWICE = '{"instruction": "Name a pier.", "output": "North", "output": "South"}'


def problems(path):
    table = read([path])
    return [row.messages[-1].content for row in instructions(table.frame)], [
        (lost.evidence.rsplit(":", 1)[-1], lost.row["problem"]) for lost in table.malformed]


@pytest.mark.parametrize(("name", "text", "line"), [
    ("rows.jsonl", f"{GOOD}\n{TWICE}\n", "2"),
    ("rows.jsonl", f"{GOOD}\n{TWICE.replace(': ', ' : ')}\n", "2"),
    ("rows.json", f"[{GOOD},\n{TWICE}]", "2"),
    ("rows.json", f'{{"split": "train", "data": [{GOOD},\n{TWICE}]}}', "2"),
    ("rows.json", f"{GOOD}\n{TWICE}", "2")])
def test_a_key_twice_costs_its_row_and_is_named(name, text, line, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    assert problems(path) == (["The one of Esbjerg."],
                              [(line, "not JSON: an object names the key 'output' twice, with different values")])


def test_what_is_lost_in_a_message_counts_too(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"messages": [{"role": "user", "content": "Which pier?"}, '
                    '{"role": "assistant", "content": "North", "content": "South"}]}')
    assert problems(path)[1] == [("1", "not JSON: an object names the key 'content' twice, with different values")]


def test_the_same_value_twice_is_no_loss_and_a_text_about_keys_is_none(tmp_path):
    path = tmp_path / "rows.jsonl"
    text = '{"a": 1, "a": 2} 与 "a": 3'
    path.write_text(GOOD.replace("}", ', "output": "The one of Esbjerg."}') + "\n" +
                    json.dumps({"instruction": "Which keys?", "output": text}, ensure_ascii=False), encoding="utf-8")
    assert problems(path) == (["The one of Esbjerg.", text], [])


def test_a_file_of_rows_by_their_ids_that_names_one_twice_is_refused(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(f'{{"r1": {GOOD},\n"r1": {GOOD.replace("tide", "time")}}}')
    with pytest.raises(InputError, match="names the key 'r1' twice"):
        read([path])


@pytest.mark.parametrize("line", [
    '{"a": {"b": [1, {"c": "x\\"y\\": "}]}}', '{"a":1,"b":[{"a":1},{"a":2}]}', "[1, 2]", '"a"'])
def test_the_quick_value_is_that_of_the_standard_library(line):
    assert quick_value(line.encode()) == json.loads(line)
