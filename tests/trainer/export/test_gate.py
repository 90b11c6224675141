"""The gate holds an export against its source, and fails whatever is broken."""

import dataclasses
import json
import shutil

import pytest
import torch
from answered import ROWS, conversation
from safetensors.torch import load_file, save_file

from instructwild_trainer.export import gate
from instructwild_trainer.export.figures import agreement, closed, likelihood_change, perplexities, worse
from instructwild_trainer.export.gate import compare, repetition
from instructwild_trainer.export.page import comparison
from instructwild_trainer.export.probe import Probe, linear_bytes, measure
from instructwild_trainer.export.size import linear_share

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please

QUESTIONS = ["Why is the sky blue 3?", "天空为什么是蓝色的 3?"]
TEMPLATE = "as the model's own"


# What is made of losses: by hand.

SOURCE, EXPORT, ROUNDED = ({"en": [[value, value], [value]]} for value in (1.0, 1.2, 1.5))


def test_perplexity_is_over_tokens_not_over_rows():
    found = perplexities({"en": [[0.0, 0.0, 0.0]], "zh": [[4.0]]})
    assert found == {"en": 1.0, "zh": pytest.approx(54.598, abs=1e-3), "all": pytest.approx(2.71828, abs=1e-5)}


def test_the_gap_closed_is_measured_in_perplexity():
    # e^1 = 2.718, e^1.2 = 3.320, e^1.5 = 4.482: (4.482 - 3.320) / (4.482 - 2.718)
    found = closed(SOURCE, EXPORT, ROUNDED)
    assert found["en"].value == found["all"].value == pytest.approx(0.6587, abs=1e-4)
    assert found["en"].low == found["en"].high == pytest.approx(found["en"].value)   # all rows alike: nothing to doubt


def test_without_a_gap_there_is_no_share_of_it():
    assert closed(SOURCE, EXPORT, SOURCE) == {}
    assert closed({"en": []}, {"en": []}, {"en": []}) == {}


def test_the_interval_is_of_rows_and_paired():
    draw = torch.Generator().manual_seed(0)
    base = torch.rand(60, 20, generator=draw) * 5
    made = {name: {"en": (base + cost).tolist()} for name, cost in (("s", 0.0), ("e", 0.1), ("r", 0.3))}
    found = closed(made["s"], made["e"], made["r"])["en"]
    assert found.high - found.low < 1e-6                              # rows differ greatly, and alike in all three models
    noisy = {"en": (base + 0.1 + 0.5 * torch.randn(60, 20, generator=draw)).tolist()}
    wide = closed(made["s"], noisy, made["r"])["en"]
    assert wide.low < wide.value < wide.high
    assert wide.high - wide.low > 0.05


def test_worse_than_rounding_counts_beyond_margin_and_chance():
    assert worse(ROUNDED, EXPORT)
    assert not worse(EXPORT, ROUNDED)
    assert not worse({"en": [[1.005], [1.005]]}, {"en": [[1.0], [1.0]]})                  # within the margin
    assert not worse({"en": [[1.0], [2.0], [1.0]]}, {"en": [[1.5], [1.0], [1.1]]})        # one row decides: chance
    assert not worse({"en": [[9.0]]}, {"en": [[1.0]]})                                    # one row tells nothing


def test_agreement_and_change_are_of_tokens():
    assert agreement({"en": [[1, 2], [3]]}, {"en": [[1, 9], [3]]}) == pytest.approx(2 / 3)
    assert agreement({}, {}) == 1.0
    assert likelihood_change({"en": [[1.0, 2.0]]}, {"en": [[1.5, 1.5]]}) == pytest.approx(0.5)


def test_a_loop_is_told_from_an_answer_in_both_languages():
    assert repetition("Paris is the capital of France.") == 0
    assert repetition("no no no no no no no no no no") > 0.8
    assert repetition("Here is a plan: 1. 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.") > 0.6
    assert repetition("Drink plenty of water. Eat a balanced diet. Drink less coffee and eat less sugar every day.") < 0.2
    assert repetition("光合作用是植物利用光的过程。") == 0
    assert repetition("好的好的好的好的好的好的好的") > 0.7
    assert repetition("") == 0


# The gate over what two processes measured.

def probe_with(**changes):
    given = {"losses": {"as it is": SOURCE, "rtn symmetric": ROUNDED, "rtn asymmetric": EXPORT},
             "likeliest": {"en": [[1, 2], [3]]}, "answers": ["a quick brown fox jumps over it"] * 4, "rendered": "text",
             "stops": [2], "peak": 10, "linear": 27}
    return Probe(**{**given, **changes})


def found_wrong(after, share=(100, 0.27), before=None, **given):
    questions = ["?"] * 4
    return compare(before or probe_with(), after, {"source": 1, "export": 1}, template="t", stops=[2], share=share,
                   questions=questions, **given).failures


def test_what_is_as_good_as_its_source_passes():
    assert found_wrong(probe_with()) == []
    assert found_wrong(probe_with(linear=100), share=None) == []


@pytest.mark.parametrize(("changes", "told"), [
    ({"losses": {"as it is": ROUNDED}}, "more than 1.35 times"),
    ({"losses": {"as it is": {"en": [[float("nan")] * 2, [1.0]]}}}, "more than 1.35 times"),
    ({"losses": {"as it is": {"en": [[1.25, 1.25], [1.25]]}}}, "worse than rounding to nearest (asymmetric)"),
    ({"linear": 29}, "0.290 of their 16-bit size, more than 0.280"),
    ({"rendered": None}, "no chat template"),
    ({"rendered": "other"}, "writes 'other' where the source's writes 'text'"),
    ({"stops": [7]}, "end with token 7, and with the source 2"),
    ({"stops": []}, "end with token (none)"),
    ({"stops": [2, 7]}, "end with token 2, 7"),
])
def test_each_bound_is_held(changes, told):
    failures = found_wrong(probe_with(**changes))
    assert any(told in failure for failure in failures), failures


def test_a_merged_export_is_held_to_being_the_same():
    before = probe_with(losses={"as it is": SOURCE})
    assert "agrees with its source on 66.7%" in found_wrong(
        probe_with(losses={"as it is": SOURCE}, likeliest={"en": [[1, 9], [3]]}), share=None, before=before)[0]
    assert "more than 1.01 times" in found_wrong(probe_with(losses={"as it is": EXPORT}), share=None, before=before)[0]


def test_a_model_that_has_begun_to_loop_fails_and_one_unlucky_answer_does_not():
    fresh, loop = "a quick brown fox jumps over it", "so so so so so so so so so so so"
    before = probe_with(answers=[fresh, "因为空气会散射阳光。", fresh, loop])
    assert found_wrong(probe_with(answers=[loop, fresh, fresh, loop]), before=before) == []
    failures = found_wrong(probe_with(answers=[loop, "好的好的好的好的好的好的好的好的", fresh, loop]), before=before)
    assert len(failures) == 2
    assert all("repeats itself" in failure for failure in failures)


# The gate over folders: what a mistake in writing them does.

@pytest.fixture(scope="module")
def held(taught):
    from instructwild_trainer.adapter import load_chat

    chat = load_chat(taught)
    found = [chat.encode(conversation(row)).input_ids for row in ROWS]
    return {"en": found[::2], "zh": found[1::2]}


def probed(folder, held, grid=None):
    plan = {"folder": str(folder), "held": held, "template": None, "grid": grid, "questions": QUESTIONS,
            "weights": ["as it is", "rtn symmetric", "rtn asymmetric"] if grid else ["as it is"]}
    return Probe(**measure(plan, lambda done: None))


@pytest.fixture(scope="module")
def before(taught, held):
    return probed(taught, held, (4, 32))


@pytest.fixture
def spoilt(quantized, tmp_path):
    """A copy of the export, to be damaged."""
    shutil.copytree(quantized.model, tmp_path / "spoilt")
    return tmp_path / "spoilt"


def failures_of(folder, before, held):
    return compare(before, probed(folder, held), {"source": 1, "export": 1}, template=TEMPLATE, stops=before.stops,
                   share=linear_share(folder, 4, 32), questions=QUESTIONS).failures


def change(folder, ending, how):
    tensors = load_file(folder / "model.safetensors")
    for name in [name for name in tensors if name.endswith(ending)]:
        tensors[name] = how(tensors[name]).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def settings(folder, file, **changes):
    told = json.loads((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text(json.dumps({**told, **changes}), encoding="utf-8")


def test_a_sound_export_passes(quantized, before, held):
    assert quantized.manifest.gate == "passed"
    assert failures_of(quantized.model, before, held) == []


@pytest.mark.parametrize(("ending", "how"), [
    (".scales", lambda scales: scales[:, torch.randperm(scales.shape[1], generator=torch.Generator().manual_seed(0))]),
    (".qweight", lambda codes: codes.roll(codes.shape[0] // 2, 0)),   # columns in another order than g_idx says
    (".qzeros", lambda zeros: zeros + 0x11111111),                    # v1's stored zero is one less than the zero point
], ids=["scales of other rows", "columns in another order", "zero points off by one"])
def test_damaged_weights_fail(spoilt, before, held, ending, how):
    change(spoilt, ending, how)
    assert any("perplexity" in failure for failure in failures_of(spoilt, before, held))


def test_an_order_of_columns_that_was_lost_fails(spoilt, before, held):
    change(spoilt, ".g_idx", lambda groups: groups.flip(0))
    assert any("perplexity" in failure for failure in failures_of(spoilt, before, held))


def test_a_missing_template_fails(spoilt, before, held):
    (spoilt / "chat_template.jinja").unlink()
    with pytest.raises(Exception, match="chat template"):     # nothing to ask with at all
        probed(spoilt, held)
    plan = {"folder": str(spoilt), "held": held, "template": TEMPLATE, "grid": None, "questions": QUESTIONS,
            "weights": ["as it is"]}
    after = Probe(**measure(plan, lambda done: None))
    assert after.rendered is None
    assert "the export has no chat template" in compare(before, after, {}, template=TEMPLATE, questions=QUESTIONS).failures


def test_a_wrong_stop_token_fails(spoilt, before, held):
    settings(spoilt, "generation_config.json", eos_token_id=[5])
    assert any("answers end with token" in failure for failure in failures_of(spoilt, before, held))


def test_the_table_tells_everything_that_was_compared(before, held, quantized):
    verdict = compare(before, probed(quantized.model, held), {"source": 600_000, "export": 300_000}, template=TEMPLATE,
                      share=linear_share(quantized.model, 4, 32), questions=QUESTIONS)
    columns, rows = comparison(verdict)
    assert columns == ["", "source", "export", "RTN symmetric", "RTN asymmetric"]
    assert [row[0] for row in rows] == [
        "perplexity, en", "perplexity, zh", "perplexity, all", "gap closed, en", "gap closed, zh", "gap closed, all",
        "same next token", "weight files", "linear weights", "peak memory, 128 tokens", "answers that loop, of 2",
        "chat template", "answers end with"]
    assert all(len(row) == 5 for row in rows)
    assert json.loads(json.dumps(verdict.metrics())) == verdict.metrics()
    assert set(dataclasses.asdict(verdict)) == {"before", "after", "size", "questions", "failures", "notes"}


def test_what_cannot_be_loaded_fails_the_gate_and_says_so(taught, tmp_path, monkeypatch):
    from instructwild_trainer.export.child import ChildError

    sound = probe_with()

    def one_breaks(folder, *args, **given):
        if folder == taught:
            return sound
        raise ChildError("header too large")

    monkeypatch.setattr(gate, "probe", one_breaks)
    verdict = gate.judge(taught, tmp_path, {}, tmp_path, template="t", questions=["?"] * 4)
    assert verdict.failures == ["the written folder cannot be loaded and run afresh (header too large)"]
    assert verdict.metrics()["gap_closed"] == {}
    assert comparison(verdict)[1][0] == ["perplexity, en", "2.72", "–", "4.48", "3.32"]


def test_linear_bytes_are_of_the_blocks_alone(taught, quantized):
    hidden, inner, keys = 64, 128, 32
    weights = 2 * (2 * hidden * hidden + 2 * keys * hidden + 3 * hidden * inner)
    assert linear_bytes(taught) == 4 * weights
    assert linear_bytes(quantized.model) == linear_share(quantized.model, 4, 32)[1] * 2 * weights
