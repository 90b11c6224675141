"""The two models of a pairwise evaluation: answers that were made before, or a model that answers now."""

import asyncio
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from instructwild import stage
from instructwild.errors import ModelError
from instructwild.llm.charges import charges
from instructwild.llm.chat_template import template_in
from instructwild.llm.ledger import Ledger
from instructwild.llm.local import LocalModel
from instructwild.llm.models import resolve
from instructwild.llm.name import ModelName, understand
from instructwild.llm.open import SORTED_OVER, Limits, check, open_model
from instructwild.llm.request import Reply, Request
from instructwild.read.instructions import read
from instructwild.schema import Instruction
from instructwild.stage.folder import MODEL
from instructwild.stage.frames import instructions
from instructwild_trainer.adapter import source_of
from instructwild_trainer.templates import plain_template


@dataclass(frozen=True)
class ComparedModel:
    """One of the two.

    Args:
        name: to show.
        spec: as the user named it; a model's folder where it is a model that runs here.
        inputs: how the manifest names it.
        rows: answered rows by prompt id, where the answers were made before.
        model: the model that answers, where they were not.
        chat_template: of another model, for one that has none.
    """

    name: str
    spec: str
    inputs: tuple[stage.FileRecord, ...]
    rows: dict[str, Instruction] | None = None
    model: ModelName | None = None
    chat_template: str = ""


def is_gguf(path: Path) -> bool:
    """Whether a path is a file that calls itself GGUF."""
    return path.is_file() and path.suffix.lower() == ".gguf"


def compared_model(spec: str, limits: Limits, encoding: str | None = None,
                   columns: Mapping[str, str] | None = None) -> ComparedModel:
    """Understand one of the models: a stage folder or file with answers, else a model `M`.

    Raises:
        InputError, ConfigError, ModelError, GateError: it cannot be read, or is no model.
    """
    model, path = understand(spec), Path(spec)
    if is_gguf(path):
        raise ModelError("is a GGUF file, which other programs run", where=spec,
                         remedy="start it in Ollama or llama-server and give http://127.0.0.1:PORT/v1#NAME, or give the "
                                "model folder that it was made from")
    if path.is_file() or (model.location == "local" and stage.is_stage(path) and not (path / MODEL).is_dir()):
        table = read([spec], encoding, columns, partial=True)
        rows = {row.id: row for row in instructions(table.frame) if row.response}
        return ComparedModel(path.name, spec, tuple(table.inputs), rows=rows)
    check(model, limits)
    if model.location == "local":
        result = source_of(spec)
        return ComparedModel(result.label, str(result.folder), (result.record,), model=model)
    named = hashlib.sha256(f"{model.url}#{model.name}".encode()).hexdigest()
    return ComparedModel(model.label, spec, (stage.FileRecord(path=model.label, sha256=named),), model=model)


def with_templates(models: Sequence[ComparedModel]) -> list[ComparedModel]:
    """The models, those that have no chat template with that of the first that has one: a base is asked as what was trained
    from it is. Where none has one it is the plain template that training would set. Both are said.

    Raises:
        ModelError: a folder without a tokenizer.
    """
    own = {each.spec: template_in(resolve(each.spec)) for each in models
           if each.model is not None and each.model.location == "local"}
    first = next((each for each in models if own.get(each.spec)), None)
    whose = f"that of {first.name}" if first else "a plain one (User: / Assistant:), as training sets it"
    result = []
    for each in models:
        if each.spec in own and not own[each.spec]:
            print(f"note: {each.name} has no chat template and is asked by {whose}", file=sys.stderr)
            each = replace(each, chat_template=own[first.spec] if first else plain_template(
                LocalModel.without_weights(each.spec).tokenizer))
        result.append(each)
    return result


def generate_answers(compared: ComparedModel, requests: Sequence[Request], limits: Limits, ledger: Path, run: str,
                     ) -> tuple[list[Reply], "AnswerCost"]:
    """What a model answers to each request; what the ledger knows is not asked again.

    Args:
        compared: one that answers now.
        requests: conversations that wait for an answer, or texts to continue; each gets its number as seed.
        limits: what may be spent.
        ledger: the file of calls and replies.
        run: names the run that pays.
    """
    from instructwild.console.terminal import progress

    with closing(Ledger(ledger, run)) as kept, progress() as shown:
        session = open_model(compared.spec, limits, kept, sort=SORTED_OVER, chat_template=compared.chat_template)
        task = shown.add_task(f"answers of {compared.name}", total=len(requests), note="")
        session.on_known = lambda known: shown.update(task, completed=known)
        replies = asyncio.run(session.replies(replace(request, seed=number) for number, request in enumerate(requests)))
        cost = charges([session], kept)
    nothing = Reply("", "failed", problem="budget")
    spent = AnswerCost(cost.prompt_tokens, cost.completion_tokens, cost.usd, cost.possible)
    return [*replies, *[nothing] * (len(requests) - len(replies))], spent


@dataclass(frozen=True)
class AnswerCost:
    """Tokens sent and received, US$ charged for them, and US$ that may have been charged besides."""

    prompt: int = 0
    completion: int = 0
    usd: float = 0.0
    possible: float = 0.0

    def __add__(self, other: "AnswerCost") -> "AnswerCost":
        return AnswerCost(self.prompt + other.prompt, self.completion + other.completion, self.usd + other.usd,
                          self.possible + other.possible)


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, the second of equal ones as `name (2)`."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique
