"""Columns are named by `--map`, or by the `map` of a config file, wherever training reads rows."""

import json

import pytest

from instructwild.cli import main
from instructwild.errors import ConfigError
from instructwild_trainer.config import SftOptions, columns_in, load

PAIRS = [{"题": f"说第 {number} 种苇", "好": "芦苇", "差": "石头"} for number in range(12)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in PAIRS), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dry(capsys, *words):
    with pytest.raises(SystemExit) as leaving:
        main(["train", *words, "--out", "o", "--model", "tiny", "--config", "smoke", "--dry-run", "--json"])
    assert leaving.value.code == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("words", [
    ("sft", "pairs.jsonl", "--map", "prompt=题", "--map", "answer=好"),
    ("reward", "pairs.jsonl", "--map", "prompt=题", "--map", "chosen=好", "--map", "rejected=差"),
    ("dpo", "pairs.jsonl", "--map", "prompt=题", "--map", "chosen=好", "--map", "rejected=差")], ids=lambda words: words[0])
def test_rows_of_any_columns_are_trained_on(folder, capsys, words):
    assert dry(capsys, *words)["kept"] == len(PAIRS)


def test_a_cleaned_stage_of_pairs_is_trained_on_without_naming_them_again(folder, capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["clean", "pairs.jsonl", "--out", "clean", "--steps", "exact", "--map", "prompt=题", "--map", "chosen=好",
              "--map", "rejected=差"])
    assert leaving.value.code == 0
    capsys.readouterr()
    assert dry(capsys, "reward", "clean")["kept"] == len(PAIRS)


def test_a_config_file_names_columns_for_all_stages_or_for_one(folder):
    (folder / "c.yaml").write_text("map: {prompt: 题, answer: 好}\nmax_length: 64\nsft: {seed: 3}\n", encoding="utf-8")
    (folder / "one.yaml").write_text("sft:\n  map: [prompt=题]\n", encoding="utf-8")
    assert columns_in(folder / "c.yaml", "sft") == {"prompt": "题", "answer": "好"}
    assert (columns_in(folder / "one.yaml", "sft"), columns_in(folder / "one.yaml", "dpo")) == ({"prompt": "题"}, {})
    assert load(SftOptions, "sft", folder / "c.yaml").max_length == 64
    assert columns_in(None, "sft") == {}


@pytest.mark.parametrize(("text", "problem"), [("map: 题", "should name columns"), ("map: {wizard: 题}", "names no column")])
def test_a_map_of_a_config_file_that_is_none_is_refused(folder, text, problem):
    (folder / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        columns_in(folder / "c.yaml", "sft")
