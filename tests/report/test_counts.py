"""What every report begins with agrees with the rows."""

import polars as pl
import pytest

from instructwild import stage
from instructwild.report import counts
from instructwild.report.page import Page, Prose
from instructwild.schema import Dropped, Instruction, MadeBy, Message, Origin, Reason, instruction_of
from instructwild.stage.frames import dropped_frame, instruction_frame

ROWS = instruction_frame([
    instruction_of("What is a tie?", language="en", origin=(Origin(kind="x", source="tweets.js", license="CC-BY-4.0"),)),
    instruction_of("什么是并列？", language="zh-Hans", origin=(Origin(kind="x", source="tweets.js"),)),
    instruction_of("Name a river.", language="en", made_by=MadeBy(model="smollm2")),
    Instruction(messages=(Message(role="user", content="你好 world"), Message(role="assistant", content="Hi, 世界!")),
                language="zh-Hans"),
])
LOST = dropped_frame([
    Dropped(id="a", step="near", reason=Reason.NEAR_DUPLICATE, evidence={"F": "0.8"},
            row={"messages": [{"role": "user", "content": "<b>什么是</b>"}], "language": "zh-Hans"}),
    Dropped(id="b", step="read", reason=Reason.MALFORMED, evidence="x.jsonl:3", row={"problem": "no", "value": "{]"}),
    Dropped(id="c", step="near", reason=Reason.NEAR_DUPLICATE),
])


def test_rows_are_counted_by_what_they_are():
    assert counts.by_language(ROWS) == {"en": 2, "zh-Hans": 2}
    assert counts.by_source(ROWS) == {"x · tweets.js": 2, "made by smollm2": 1, "unknown": 1}
    assert counts.by_type(ROWS) == {}


def test_a_chinese_character_counts_as_a_word():
    assert counts.lengths(ROWS) == [4, 5, 3, 3]
    assert counts.lengths(ROWS, "assistant") == [3]


@pytest.mark.parametrize("count", [counts.by_language, counts.by_source, counts.by_type, counts.lengths])
def test_no_rows_are_no_counts(count):
    assert not count(ROWS.clear())
    assert not count(pl.DataFrame({"other": [1]}))


def test_a_signed_report_tells_how_its_stage_was_made(tmp_path):
    page = Page(title="Clean").add("Why rows left", Prose("Twins."))
    with stage.start(tmp_path / "out", "clean", config={"threshold": "7/10", "steps": ["exact", "近似"]}) as run:
        made = run.finish(data=ROWS, dropped=LOST, report=page)
    html = (made.path / "report.html").read_text(encoding="utf-8")
    for words in ("Twins.", "7/10", "近似", "How this was made", "polars"):
        assert words in html
    assert [record.path for record in made.manifest.outputs] == ["data.parquet", "dropped.parquet", "report.html"]


def test_the_headline_agrees_with_the_rows(tmp_path):
    with stage.start(tmp_path / "out", "clean", config={}) as run:
        made = run.finish(data=ROWS, dropped=LOST, usd=0.5)
    told = dict(item[:2] for item in counts.headline(made.manifest))
    assert {key: told[key] for key in ("rows in", "kept", "dropped", "cost")} == \
        {"rows in": 7, "kept": 4, "dropped": 3, "cost": "US$ 0.50"}
    html = counts.stage_header(Page(title="Clean"), made.manifest).html()
    for words in ("<dd>7</dd>", "57.1%", "near_duplicate"):
        assert words in html


def test_nested_figures_become_rows_and_steps_are_named():
    assert counts.flat({"loss": {"before": {"en": 3.5}}, "steps": [{"step": "exact"}, {"step": "near", "f": 1}], "on": True,
                        "points": list(range(100)), "mixed": [{"x": 1}]}) == \
        [["loss.before.en", "3.5"], ["steps", "exact, near"], ["on", "yes"]]


@pytest.mark.parametrize(("seconds", "said"), [(0.04, "0 s"), (0.42, "0.4 s"), (12.4, "12 s"), (59.7, "1 min 0 s"),
                                               (200, "3 min 20 s"), (7500, "2 h 5 min")])
def test_time_is_told_as_people_tell_it(seconds, said):
    assert counts.duration(seconds) == said


def test_small_sums_are_not_rounded_away():
    assert [counts.money(usd) for usd in (0, 0.0034, 12.3, 1234.5)] == \
        ["US$ 0.00", "US$ 0.0034", "US$ 12.30", "US$ 1,234.50"]
