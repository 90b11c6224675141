"""Models that rank candidates: a model that reads them all, or a reward model that scores each; marked as made by a model.

Their rankings stand in the rows beside those of people. What was sent, what came back and what it cost is kept beside them
in `judgements.parquet`, one line for each reading.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import polars as pl

from instructwild import stage
from instructwild.errors import ConfigError
from instructwild.llm.judge import LETTERS, REWARD, WORDS, Judgement, Matchup, by_score, judge, requests_of_judge, scorer
from instructwild.llm.ledger import Ledger
from instructwild.llm.name import ModelName
from instructwild.llm.open import SORTED_OVER, Limits, check, open_model
from instructwild.llm.price import Price
from instructwild.llm.request import Reply, Request
from instructwild.llm.session import LedgerBatchEngine, Session, all_at_once
from instructwild.llm.stage_models import model_inputs, models_asked
from instructwild.schema import Ranking, RankingRow

COLUMNS = pl.Schema({"id": pl.String, "annotator": pl.String, "reading": pl.Int64, "ranks": pl.List(pl.Int64),
                     "said": pl.String, "words": pl.String, "request_id": pl.String, "usd": pl.Float64})


@dataclass(frozen=True)
class JudgeName:
    """A judge: as the user names it, a model, or `reward:` and the folder of a reward model; and which model that is."""

    spec: str
    model: ModelName

    @property
    def folder(self) -> str | None:
        """The reward model's folder."""
        return self.spec.removeprefix(REWARD) if self.spec.startswith(REWARD) else None

    @property
    def label(self) -> str:
        """The name that is noted in rows."""
        return self.model.label if self.folder is None else REWARD + self.model.label

    @property
    def annotator(self) -> str:
        """Who ranked, in a ranking: a model."""
        return f"model:{self.label}"

    @property
    def inputs(self) -> list[stage.FileRecord]:
        """A reward model, and one that a stage made, is an input like any other: with another one, the result is another."""
        return model_inputs([self.spec]) if self.folder is None else [stage.input_record(self.folder)]

    def check(self, limits: Limits) -> None:
        """Whether it may be used, before anything is loaded or sent.

        Raises:
            ConfigError: `open.check` refuses it.
            InputError: there is no such folder.
        """
        if self.folder is None:
            check(self.model, limits)


def judges_of(names: Sequence[str], limits: Limits) -> list[JudgeName]:
    """The judges, checked.

    Raises:
        ConfigError: a judge may not be used under these limits, or two would sign with the same name.
    """
    rewards = iter(models_asked([name.removeprefix(REWARD) for name in names if name.startswith(REWARD)]))
    models = iter(models_asked([name for name in names if not name.startswith(REWARD)]))
    judges = [JudgeName(name, next(rewards if name.startswith(REWARD) else models)) for name in names]
    for member in judges:
        member.check(limits)
    if len({member.label for member in judges}) < len(judges):
        raise ConfigError("two judges have the same name, so their rankings could not be told apart", where="--judge",
                          remedy="name each model once")
    return judges


def described(judges: Sequence[JudgeName]) -> list[dict[str, Any]]:
    """The judges for a manifest: who, and with which prompt."""
    prompts = {tag: words.digest for tag, words in WORDS.items()}
    return [{"annotator": member.annotator} if member.folder is not None else
            {"annotator": member.annotator, "words": prompts} for member in judges]


@dataclass
class JudgeVerdicts:
    """What one judge made of the rows.

    Args:
        ranked: rows that it ranked.
        unread: rows of which it gave no ranking that could be read.
        same, pairs: pairs of answers, and those that both readings put in the same order or both tied; a reward model
            reads each answer alone, so for it they are not counted.
        tied: pairs that the ranking leaves tied.
    """

    judge: JudgeName
    session: Session
    ranked: int = 0
    unread: int = 0
    pairs: int = 0
    same: int = 0
    tied: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """For the manifest."""
        return {"annotator": self.judge.annotator, "ranked": self.ranked, "unread": self.unread,
                "pairs": self.pairs, "tied_pairs": self.tied,
                "both_readings_agree": round(self.same / self.pairs, 4) if self.pairs and not self.judge.folder else None}

    def take(self, row: RankingRow, judgement: Judgement) -> RankingRow:
        """The row with the judge's ranking of it, where there is one."""
        for reading, (ranks, reply) in enumerate(zip(judgement.readings, judgement.replies, strict=True)):
            self._note(row, reading, ranks, reply)
        if judgement.ranks is None:
            self.unread += 1
            return row
        first, second = (ranks or () for ranks in judgement.readings)
        self.same += sum(_sign(first, a, b) == _sign(second, a, b) for a, b in combinations(range(len(first)), 2))
        return self._ranked(row, judgement.ranks)

    def take_scores(self, row: RankingRow, replies: Sequence[Reply]) -> RankingRow:
        """The row with its answers ranked by the scores in the replies, one reply for each answer."""
        for reading, reply in enumerate(replies):
            self._note(row, reading, None, reply)
        if any(reply.finish == "failed" for reply in replies):
            self.unread += 1
            return row
        return self._ranked(row, by_score([float(reply.text) for reply in replies]))

    def _ranked(self, row: RankingRow, ranks: tuple[int, ...]) -> RankingRow:
        self.ranked += 1
        own = Ranking(annotator=self.judge.annotator, ranks=ranks)
        count = len(ranks) * (len(ranks) - 1) // 2
        self.pairs += count
        self.tied += count - len(own.pairs)
        others = tuple(ranking for ranking in row.rankings if ranking.annotator != own.annotator)
        return row.model_copy(update={"rankings": (*others, own)})

    def _note(self, row: RankingRow, reading: int, ranks: tuple[int, ...] | None, reply: Reply) -> None:
        words = None if self.judge.folder else (WORDS.get(row.language.split("-")[0]) or WORDS["en"]).digest
        self.lines.append({"id": row.id, "annotator": self.judge.annotator, "reading": reading, "ranks": ranks,
                           "said": reply.problem or reply.text, "words": words, "request_id": reply.request_id,
                           "usd": reply.usd})


def judged(rows: Sequence[RankingRow], judges: Sequence[JudgeName], limits: Limits, ledger: Ledger, seed: int = 0,
           ) -> tuple[list[RankingRow], list[JudgeVerdicts]]:
    """The rows with every judge's ranking added, and what each judge made of them.

    A model that reads is shown the answers of a prompt twice, the second time in the opposite order; answers that the two
    readings do not part the same way are tied. A judge that ranked a row before is replaced.

    Raises:
        ModelError, EndpointError: a judge cannot be loaded or does not answer.
    """
    rows, verdicts_of = list(rows), []
    for name in judges:
        verdicts = _read(rows, name, limits, ledger, seed) if name.folder is None else _score(rows, name, limits, ledger)
        rows = verdicts[0]
        verdicts_of.append(verdicts[1])
    return rows, verdicts_of


def matchups(rows: Sequence[RankingRow]) -> list[Matchup]:
    """What a judge is shown of rows."""
    return [Matchup(row.messages, tuple(candidate.shown for candidate in row.candidates), row.language) for row in rows]


def _readable(row: RankingRow) -> bool:
    return 2 <= len(row.candidates) <= len(LETTERS)


def _read(rows: list[RankingRow], name: JudgeName, limits: Limits, ledger: Ledger, seed: int,
          ) -> tuple[list[RankingRow], JudgeVerdicts]:
    """Have a model read the answers of each row, both ways."""
    from instructwild.console.terminal import progress

    session = open_model(name.model, limits, ledger, sort=SORTED_OVER)
    verdicts = JudgeVerdicts(name, session)
    readable = [index for index, row in enumerate(rows) if _readable(row)]
    verdicts.unread = len(rows) - len(readable)
    with progress() as shown:
        task = shown.add_task(f"judge {name.label}", total=2 * len(readable), note="")
        session.on_known = lambda known: shown.update(task, completed=min(known, 2 * len(readable)))
        judged_rows = asyncio.run(judge(session, matchups([rows[index] for index in readable]), seed=seed))
    for index, judgement in zip(readable, judged_rows, strict=True):
        rows[index] = verdicts.take(rows[index], judgement)
    return rows, verdicts


def _score(rows: list[RankingRow], name: JudgeName, limits: Limits,
           ledger: Ledger) -> tuple[list[RankingRow], JudgeVerdicts]:
    """Have a reward model score each answer by itself."""
    from instructwild.console.terminal import progress

    scores = scorer(name.spec)

    def answer(requests: list[Request]) -> list[Reply]:
        return [Reply(repr(score)) for score in scores([request.messages for request in requests])]

    digest = name.inputs[0].sha256
    session = Session(ModelName(name.label, "local"), LedgerBatchEngine(answer, all_at_once, ledger, f"{REWARD}{digest}"),
                      limits.batch, Price(), ledger)
    verdicts = JudgeVerdicts(name, session)
    requests = [Request(messages=(*row.messages, *(message.model_copy(update={"reasoning_content": None})
                                                   for message in candidate.messages)))
                for row in rows for candidate in row.candidates]
    with progress() as shown:
        task = shown.add_task(f"judge {name.label}", total=len(requests), note="")
        session.on_known = lambda known: shown.update(task, completed=known)
        replies = iter(asyncio.run(session.replies(requests)))
    for index, row in enumerate(rows):
        rows[index] = verdicts.take_scores(row, [next(replies) for _ in row.candidates])
    return rows, verdicts


def _sign(ranks: Sequence[int], a: int, b: int) -> int:
    return (ranks[a] > ranks[b]) - (ranks[a] < ranks[b])


def judgements(verdicts_of: Sequence[JudgeVerdicts]) -> pl.DataFrame:
    """Every reading of every judge, in columns."""
    return pl.DataFrame([line for verdicts in verdicts_of for line in verdicts.lines], schema=COLUMNS)


def requests_of(rows: Sequence[RankingRow], name: JudgeName, seed: int = 0) -> list[Request]:
    """What a judge would be sent: for a plan."""
    return [] if name.folder is not None else requests_of_judge(matchups([row for row in rows if _readable(row)]), seed=seed)
