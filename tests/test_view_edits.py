"""Edits made by hand: what `clean --edits` does about them, and what it says about those it cannot apply."""

import json

import pytest

from instructwild import stage
from instructwild.clean.edit_file import HEADER, Edit, EditedLabels, read_edits
from instructwild.clean.pipeline import clean, made
from instructwild.cli import main
from instructwild.errors import InputError
from instructwild.schema import instruction_of
from instructwild.stage.frames import instructions

SOUP = instruction_of("How do I thicken a lentil soup without flour?").answered("Simmer it with a grated potato.")
SOUP_TWIN = instruction_of("How do I thicken the lentil soup without flour?").answered("Blend a third of it.")
TIDE = instruction_of("为什么海边每天有两次潮汐？").answered("因为月亮的引力。")
SPAM = instruction_of("Buy cheap watches now at our shop").answered("As an AI language model, I cannot help with that.")
BARE = instruction_of("Name three rivers of Peru.")


def lines_of(*rows):
    return "".join(json.dumps({"messages": [turn.model_dump() for turn in row.messages]}, ensure_ascii=False) + "\n"
                   for row in rows)


@pytest.fixture
def posts(tmp_path):
    path = tmp_path / "posts.jsonl"
    path.write_text(lines_of(SOUP, SOUP_TWIN, TIDE, SPAM, BARE), encoding="utf-8")
    return path


def written(tmp_path, *edits):
    path = tmp_path / "hand.edits.jsonl"
    path.write_text("\n".join([json.dumps(HEADER), *(edit.model_dump_json(exclude_unset=True) for edit in edits)]) + "\n",
                    encoding="utf-8")
    return path


def edit(action, row, **fields):
    return Edit(edit=action, id=row.id, response_id=row.response_id, **fields)


def test_a_dropped_row_leaves_with_its_reason_and_note_and_still_absorbs_its_twin(posts, tmp_path):
    edits = written(tmp_path, edit("drop", SOUP, note="off topic", at="2026-01-02T03:04:05Z", stage="first"))
    done = clean([posts], tmp_path / "out", edits=edits)
    assert "lentil" not in " ".join(done.frame()["messages"].list.first().struct.field("content"))
    dropped = {row["id"]: row for row in done.dropped().iter_rows(named=True)}
    assert (dropped[SOUP.id]["step"], dropped[SOUP.id]["reason"]) == ("edits", "edited")
    assert json.loads(dropped[SOUP.id]["evidence"]) == {"note": "off topic", "seen_in": "first",
                                                        "edited": "2026-01-02T03:04:05Z"}
    assert dropped[SOUP_TWIN.id]["reason"] == "near_duplicate"


def test_a_restored_row_stays_whatever_a_step_says(posts, tmp_path):
    before = clean([posts], tmp_path / "before")
    assert SOUP_TWIN.id in before.dropped()["id"].to_list()
    after = clean([posts], tmp_path / "after", edits=written(tmp_path, edit("restore", SOUP_TWIN, overrules="near")))
    row = next(row for row in instructions(after.frame()) if row.id == SOUP_TWIN.id)
    assert "edited_restored" in row.labels.flags
    assert after.manifest.metrics["steps"]["edits"]["overruled"] == {"near": 1}


def test_a_row_is_restored_from_the_dropped_rows_of_an_input_stage(posts, tmp_path):
    before = clean([posts], tmp_path / "before")
    after = clean([before.path], tmp_path / "after", edits=written(tmp_path, edit("restore", SOUP_TWIN)))
    assert after.manifest.rows.kept == before.manifest.rows.kept + 1
    assert SOUP_TWIN.id in after.frame()["id"].to_list()


def test_a_mended_text_gets_its_new_id_keeps_its_old_as_parent_and_is_judged_by_later_steps(posts, tmp_path):
    mended = edit("text", TIDE, contents=("为什么海边每天有两次涨潮？", "因为月亮和太阳的引力。"))
    copy = edit("text", BARE, contents=(SOUP.messages[0].content,))
    done = clean([posts], tmp_path / "out", edits=written(tmp_path, mended, copy))
    row = next(row for row in instructions(done.frame()) if TIDE.id in row.parents)
    assert row.messages[0].content == "为什么海边每天有两次涨潮？"
    assert row.id != TIDE.id
    assert "edited_text" in row.labels.flags
    assert "exact_duplicate" in done.manifest.reasons


def test_labels_are_set_and_the_others_stay(posts, tmp_path):
    labels = EditedLabels(type="writing", language="en-GB")
    done = clean([posts], tmp_path / "out", edits=written(tmp_path, edit("labels", BARE, labels=labels)))
    row = next(row for row in instructions(done.frame()) if row.id == BARE.id)
    assert (row.labels.type, row.labels.risk, row.language) == ("writing", (), "en-GB")
    assert "edited_labels" in row.labels.flags


def test_a_row_edited_after_masking_is_found_by_its_masked_id_and_masked_again(tmp_path):
    path = tmp_path / "mail.jsonl"
    text = "Write a reply to anna.meyer@lindenhof-garten.de about the rent."
    path.write_text(lines_of(instruction_of(text)), encoding="utf-8")
    steps = ["repair", made("pii", mask="all")]
    masked = next(instructions(clean([path], tmp_path / "first", steps).frame()))
    text = "Write a polite reply to otto.kern@lindenhof-garten.de about the rent."
    done = clean([path], tmp_path / "second", ["repair", made("pii", mask="all"), "exact"],
                 edits=written(tmp_path, edit("text", masked, contents=(text,))))
    said = next(instructions(done.frame())).messages[0].content
    assert said.startswith("Write a polite reply")
    assert "otto" not in said


def test_the_manifest_names_the_edits_file_by_content_and_other_edits_are_another_run(posts, tmp_path):
    edits = written(tmp_path, edit("drop", SPAM))
    done = clean([posts], tmp_path / "out", edits=edits)
    assert done.manifest.inputs[-1] == stage.input_record(edits)
    assert done.manifest.config["edits"] == {"drop": 1}
    assert clean([posts], tmp_path / "out", edits=edits).existed
    written(tmp_path, edit("drop", TIDE))
    with pytest.raises(OSError, match="other content"):
        clean([posts], tmp_path / "out", edits=edits)


def test_edits_that_find_no_row_are_named(posts, tmp_path, capsys):
    stray = instruction_of("Nobody wrote this.")
    edits = written(tmp_path, edit("drop", stray), edit("text", SOUP, contents=("only one turn",)))
    with pytest.raises(SystemExit) as leaving:
        main(["clean", str(posts), "--out", str(tmp_path / "out"), "--edits", str(edits)])
    assert not leaving.value.code
    shown = capsys.readouterr().err
    assert stray.id in shown
    assert SOUP.id in shown
    assert "edited_text" not in stage.load(tmp_path / "out").frame()["labels"].struct.field("flags").explode().to_list()


def test_of_several_edits_about_a_row_the_last_counts(tmp_path):
    edits = read_edits(written(tmp_path, edit("drop", SOUP), edit("text", SOUP, contents=("a", "b")), edit("restore", SOUP)))
    assert [each.edit for each in edits] == ["text", "restore"]


@pytest.mark.parametrize("line", ["[]", "{", '{"edit": "drop"}', '{"edit": "text", "id": "a"}',
                                  '{"edit": "drop", "id": "a", "contents": ["x"]}', '{"edit": "burn", "id": "a"}'])
def test_a_line_that_is_no_edit_is_named_by_its_number(line, tmp_path):
    path = tmp_path / "x.edits.jsonl"
    path.write_text(json.dumps(HEADER) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_edits(path)
    assert refused.value.where == f"{path}:2"
    assert refused.value.remedy
