"""`export --format reward`: the reward model alone, as a sequence classifier that plain transformers loads.

The adapter is merged into its base and written in float32 with the score head, so that scores are those of the stage and not
rounded ones: near scores tie in bfloat16. Who can bear that loads the folder with `dtype=torch.bfloat16`.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild import stage
from instructwild.errors import ModelError
from instructwild_trainer.adapter import Source, load_reward, merge, source_of
from instructwild_trainer.export.child import ChildError, in_child
from instructwild_trainer.export.questions import question_rows
from instructwild_trainer.reward.head import stored_head

if TYPE_CHECKING:
    from instructwild.report.page import Page

TOLERANCE = 1e-3
"""Of a score, or of 1 where scores are smaller: sums in another order differ by a hundredth of that in float32."""
MOST_ROWS = 64


def plan_reward(model: str) -> Source:
    """Find the reward model.

    Raises:
        ModelError: it is none, or can be found nowhere.
    """
    source = source_of(model)
    if stored_head(source.folder) is None:
        raise ModelError("has no score head, so it is no reward model", where=source.label,
                         remedy="give the folder of a `train reward` stage, or export it with --format merged")
    return source


def export_reward(model: str, out: Path, *, calibration: Sequence[str] = (), max_length: int = 512,
                  encoding: str | None = None, columns: Mapping[str, str] | None = None, force: bool = False) -> stage.Run:
    """Write a reward model as a plain sequence classification folder; the gate compares its scores with the source's.

    Args:
        model: a reward stage, or the model folder of one.
        calibration: answered rows on which scores are compared besides the gate's own questions.
        max_length: the longest of these rows in tokens.

    Raises:
        ModelError: it is no reward model, or its base cannot be found.
    """
    from instructwild.read.instructions import read

    source = plan_reward(model)
    table = read(calibration, encoding, columns)
    config = {"model": source.label, "format": "reward", "max_length": max_length}
    with stage.start(out, "export", config=config, inputs=[source.record, *table.inputs], force=force) as run:
        if run.finished is None:
            _write(run, source, table, max_length)
    return run


def _write(run: stage.Run, source: Source, table: Any, max_length: int) -> None:
    from instructwild.llm.quiet import quiet
    from instructwild_trainer.data import conversations
    from instructwild_trainer.reward.scorer import scores
    from instructwild_trainer.templates import ready, turns

    model, tokenizer = load_reward(source, dtype="float32")
    chat = ready(tokenizer)
    rows, dropped = conversations(table.frame, chat, max_length)
    messages = [*question_rows(), *(turns(row.messages) for row in rows[:MOST_ROWS])]
    encoded = [chat.encode(conversation).to_stop for conversation in messages]
    expected = scores(model, encoded, chat.tokenizer.pad_token_id)
    with run.atomic("model") as folder:
        folder.mkdir(parents=True, exist_ok=True)
        plain = merge(model).float()
        plain.config.pad_token_id = chat.tokenizer.pad_token_id
        with quiet():
            plain.save_pretrained(folder)
        chat.tokenizer.save_pretrained(folder)
        del model, plain
        ids = [row.input_ids for row in encoded]
        measured = _plain_scores(folder, ids, chat.tokenizer.pad_token_id, run.scratch / "gate")
    difference = max(abs(a - b) / max(1.0, abs(a)) for a, b in zip(expected, measured, strict=True))
    failures = [] if difference <= TOLERANCE else [
        f"loaded by plain transformers its scores differ by up to {difference:.4f} from the source's"]
    lost = [*table.malformed, *dropped]
    metrics = {"scores": {name: [round(score, 5) for score in values]
                          for name, values in (("source", expected), ("export", measured))},
               "largest_difference": round(difference, 7), "dtype": "float32", "failures": failures,
               "base": {"name": source.label, "sha256": source.sha256}}
    run.finish(rows=stage.Rows(**{"in": len(rows) + len(lost), "kept": len(rows), "dropped": len(lost)}), dropped=lost,
               report=_page(source.label, messages, expected, measured, failures), metrics=metrics,
               gate="failed" if failures else "passed")


def _plain_scores(folder: Path, rows: Sequence[Sequence[int]], pad_id: int, scratch: Path) -> list[float]:
    """The scores of token ids by a folder that is loaded afresh, in a process of its own and without our code for heads."""
    plan = {"folder": str(folder.resolve()), "rows": [list(row) for row in rows], "pad": pad_id}
    try:
        measured: list[float] = in_child(f"{__name__}:measure", plan, scratch, label="measuring the export", total=len(rows))
    except ChildError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelError(f"the written folder cannot be loaded afresh ({error})", where=str(folder),
                         remedy=f"read {scratch / 'log'}") from None
    return measured


def measure(plan: Mapping[str, Any], step: Callable[[int], object]) -> list[float]:
    """In the child: what plain transformers scores, all rows in right-padded batches."""
    from transformers import AutoModelForSequenceClassification

    from instructwild_trainer.reward.scorer import scores
    from instructwild_trainer.templates import Encoded

    model = AutoModelForSequenceClassification.from_pretrained(plan["folder"], trust_remote_code=False)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        step(done)

    return scores(model, [Encoded(row, []) for row in plan["rows"]], plan["pad"], done=advance)


def _page(model: str, messages: Sequence[Sequence[Mapping[str, str]]], before: Sequence[float], after: Sequence[float],
          failures: Sequence[str]) -> "Page":
    from instructwild.report.page import Page, Table

    page = Page(title=f"Export: {model} as a reward model",
                lead="The gate failed: " + "; ".join(failures) if failures
                else "The gate passed: plain transformers gives the scores of the source.")
    rows = [[talk[-2]["content"][:120] if len(talk) > 1 else "", talk[-1]["content"][:200], f"{a:.4f}", f"{b:.4f}"]
            for talk, a, b in zip(messages, before, after, strict=True)]
    page.add("Scores", Table(["prompt", "answer", "source", "export"], rows))
    return page
