"""The step `judge`: a model reads each row that the other steps keep, and names those that would teach something wrong.

What rules cannot see, wrong facts, sums and code, a model may see, as well as that model is: so its verdicts flag unless
told otherwise, and `--strict`, which stands for measured precision, does not drop by them.
"""

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from instructwild.clean.judge_forecast import forecast
from instructwild.clean.judge_words import ALL, FLAGS, JUDGED, NOT_JUDGED, PREFIX, WORDS, digests, language_of_words
from instructwild.clean.judging import COLUMNS, UNREADABLE, RowJudgements, Rows, judge_rows
from instructwild.clean.rows import flagged
from instructwild.clean.rules import Action
from instructwild.clean.spill import SpilledChunks
from instructwild.clean.step import DROPS, Verdicts, actions, drops
from instructwild.console.terminal import console, progress
from instructwild.errors import ConfigError
from instructwild.llm.address import api_key
from instructwild.llm.charges import charges
from instructwild.llm.chat_template import check_template
from instructwild.llm.ledger import CALLS, Ledger, run_name
from instructwild.llm.name import ModelName
from instructwild.llm.open import SORTED_OVER, Limits, check, check_endpoints, open_model, price_of
from instructwild.llm.request import Reply
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.schema.verdict import Reason
from instructwild.stage.manifest import FileRecord
from instructwild.text.quantity import quantity

KEPT_LINES = 10_000
"""Readings that wait in memory to be written."""


@dataclass(frozen=True)
class Judge:
    """Have a model read each row; flag, or drop, those that it would throw away.

    Attributes:
        model: as users write it: a folder, a Hub id, URL#NAME, the name of an OpenAI model.
        rules: what a defect does, by `judged_DEFECT`, or `judged` for all: off, flag or drop.
        thinking: whether a model that can reason does so first; None leaves it to the model.
        limits: what may be spent, and how fast.
        cache: a file of paid replies that several runs share; None for the run's own.
        scratch: where replies are kept until the run is finished; None to keep none.
    """

    name: ClassVar[str] = "judge"

    model: str
    rules: Mapping[str, Action] = field(default_factory=dict)
    thinking: bool | None = None
    limits: Limits = field(default_factory=Limits, metadata={"config": False})
    cache: Path | None = field(default=None, metadata={"config": False})
    scratch: Path | None = field(default=None, metadata={"config": False}, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.model:
            raise ConfigError("the step judge needs a model", where="--model",
                              remedy="name one: a folder, a Hub id, URL#NAME or an OpenAI model")
        _ = self.chosen
        check(self.model_name, self.limits)
        check_endpoints([self.model_name], self.limits)
        check_template(self.model_name, "")

    @cached_property
    def model_name(self) -> ModelName:
        """The model, understood."""
        return models_asked([self.model])[0]

    @cached_property
    def chosen(self) -> dict[str, str]:
        """What each defect does."""
        of_all = {name: self.rules[ALL] for name in JUDGED} if ALL in self.rules else {}
        single = {name: action for name, action in self.rules.items() if name != ALL}
        return actions({**of_all, **single}, dict.fromkeys(JUDGED, "flag"), ("off", "flag", "drop"), self.name)

    @property
    def config(self) -> dict[str, Any]:
        """What determines its verdicts, for the manifest."""
        return {"model": self.model_name.label, "words": digests(), "rules": dict(self.rules), "budget": self.limits.budget,
                **({} if self.thinking is None else {"thinking": self.thinking})}

    @property
    def inputs(self) -> list[FileRecord]:
        """A model that a stage made is an input like any other."""
        return model_inputs([self.model])

    def for_run(self, scratch: Path) -> "Judge":
        """The step with the folder of a run that begins.

        Raises:
            ModelError: an endpoint wants a key that is not set, which is told before hours of other steps.
        """
        for url in [url for url, _ in self.limits.endpoints] or [self.model_name.url]:
            if self.model_name.location == "endpoint":
                api_key(url)
        return replace(self, scratch=scratch)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Flag or drop what the model names; a row that is not judged is flagged and stays."""
        made, notes = self.judgements(lambda: [rows], rows.height)
        judged = self.marked(rows, made)
        return Verdicts(judged.rows, judged.drops, notes)

    def judgements(self, rows: Rows, count: int) -> tuple[RowJudgements, dict[str, Any]]:
        """What the model says of each of so many rows, and what the report shows of it. The plan is told first.

        Raises:
            ModelError, EndpointError: the model cannot be loaded, or does not answer.
        """
        ledger_file = self.cache or (self.scratch / CALLS if self.scratch else ":memory:")
        lines = _Lines(self.scratch, self.model_name.label)
        with closing(Ledger(ledger_file, run_name(self.scratch) if self.scratch else "")) as ledger:
            made, paid = self._judged(rows, count, ledger, lines) if count else (RowJudgements(), {})
        made.fill(count)
        lines.close()
        notes = {"model": self.model_name.label, **made.counts(), **paid}
        _tell(made, notes["not_judged"])
        return made, notes

    def _judged(self, rows: Rows, count: int, ledger: Ledger, lines: "_Lines") -> tuple[RowJudgements, dict[str, Any]]:
        plan = forecast(self.model_name, rows, price_of(self.model_name, self.limits), self.limits, self.thinking)
        console.print(str(plan), markup=False, highlight=False, soft_wrap=True)
        session = open_model(self.model_name, self.limits, ledger, sort=SORTED_OVER)
        with progress() as shown:
            task = shown.add_task(f"judge {self.model_name.label}", total=count, note="")

            def show(known: int) -> None:
                usd = session.usage.usd
                shown.update(task, completed=min(known, count), note=f"US$ {usd:.4f}" if usd else "")

            session.on_known = show
            made = asyncio.run(judge_rows(session, rows, thinking=self.thinking, on_reading=lines.add))
        cost = charges([session], ledger)
        if session.stopped is not None:
            console.print(f"--budget {session.stopped.what}", markup=False, highlight=False, soft_wrap=True)
        return made, {"requests": session.usage.requests, "cached_requests": session.usage.cached, "usd": cost.rounded,
                      "possibly_charged": cost.possible, "prompt_tokens": cost.prompt_tokens,
                      "completion_tokens": cost.completion_tokens}

    def marked(self, rows: pl.DataFrame, made: RowJudgements) -> Verdicts:
        """Rows with what the model says of them: flags in place of those of an earlier judge, and drops."""
        names = [NOT_JUDGED if verdict == NOT_JUDGED else PREFIX + verdict for verdict in made.verdicts]
        names = [name if self.chosen.get(name, "flag") != "off" and name in FLAGS else "" for name in names]
        hits = rows.select("at").with_columns(pl.Series("name", names, dtype=pl.String))
        old = pl.col("labels").struct.field("flags")
        fresh = rows.with_columns(pl.col("labels").struct.with_fields(flags=old.list.filter(~pl.element().is_in([*FLAGS]))))
        flagging = [name for name in FLAGS if self.chosen.get(name, "flag") == "flag"]
        kept = flagged(fresh, hits.select("at", *((pl.col("name") == name).alias(name) for name in flagging)))
        dropping = [name for name, action in self.chosen.items() if action == "drop"]
        texts = pl.Series("said", [made.texts.get(number, "") for number in range(rows.height)], dtype=pl.String)
        lost = hits.with_columns(texts).filter(pl.col("name").is_in(dropping))
        return Verdicts(kept, drops(lost, Reason.RULE, rules=pl.concat_list("name"), model=pl.lit(self.model_name.label),
                                    said=pl.col("said")) if lost.height else pl.DataFrame(schema=DROPS))


def readings_in(scratch: Path) -> pl.LazyFrame:
    """Every reading of a run, as `judgements.parquet` holds them."""
    files = sorted((scratch / _Lines.FOLDER).glob("*.arrow"))
    return pl.scan_ipc(files) if files else pl.LazyFrame(schema=COLUMNS)


class _Lines:
    """Readings, written down in pieces."""

    FOLDER = "judgements"

    def __init__(self, scratch: Path | None, model: str) -> None:
        self._model = model
        self._waiting: list[tuple[Any, ...]] = []
        self._digests = {language: words.digest for language, words in WORDS.items()}
        self._chunks = None
        if scratch is not None:
            shutil.rmtree(scratch / self.FOLDER, ignore_errors=True)
            self._chunks = SpilledChunks(scratch / self.FOLDER)

    def add(self, name: str, language: str, reading: int, verdict: str, reply: Reply) -> None:
        if self._chunks is None:
            return
        self._waiting.append((name, f"model:{self._model}", reading, verdict, reply.problem or reply.text,
                              self._digests[language_of_words(language)], reply.request_id, reply.usd))
        if len(self._waiting) >= KEPT_LINES:
            self.close()

    def close(self) -> None:
        if self._chunks is not None:
            self._chunks.write(pl.DataFrame(self._waiting, schema=COLUMNS, orient="row"))
            self._waiting = []


def _tell(made: RowJudgements, problems: Mapping[str, int]) -> None:
    """Say what was not judged, and why."""
    if not made.problems:
        return
    why = ", ".join(f"{name}: {count:,}" for name, count in problems.items())
    why += f"; first failure: {made.first_problem}" if made.first_problem else ""
    remedy = "; --thinking on gives thoughts more tokens, --thinking off ends them" if "thoughts" in problems else (
        "; a model that follows instructions answers in the requested form" if problems.get(UNREADABLE, 0) * 2 >
        len(made.verdicts) else "")
    console.print(f"{quantity(len(made.problems), 'row was', 'rows were')} not judged ({why}) and "
                  f"{'stays' if len(made.problems) == 1 else 'stay'}, flagged {NOT_JUDGED}{remedy}",
                  markup=False, highlight=False, soft_wrap=True)
