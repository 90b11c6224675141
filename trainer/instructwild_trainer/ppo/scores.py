"""What judges a response: a reward model, functions in the form that TRL's GRPO takes, or both added up."""

import importlib.util
import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from instructwild.errors import ConfigError, InputError, InstructwildError
from instructwild.text.quantity import quantity
from instructwild_trainer.ppo.actors import Actors
from instructwild_trainer.ppo.experience import Experience
from instructwild_trainer.reward.flat import scores_of_flat
from instructwild_trainer.templates import Chat

Score = Callable[[Experience], Tensor]
RewardFunction = Callable[..., Sequence[float | None]]


@dataclass(frozen=True)
class EncodedPrompt:
    """One prompt to answer: its token ids, and the row it came from, which reward functions may look at."""

    id: str
    key: str
    language: str
    messages: list[dict[str, str]]
    ids: list[int]
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class ModelScore:
    """The reward adapter's score of each response.

    Args:
        actors: the models.
        batch_size: rows at a time.
        tokens: more rows where that many padded tokens hold them, see `Experience.micro_batches`.
    """

    actors: Actors
    batch_size: int
    tokens: int = 0

    def __call__(self, experience: Experience) -> Tensor:
        """[B] fp32."""
        result = torch.zeros(len(experience), device=self.actors.device)
        for rows, batch in experience.micro_batches(self.batch_size, self.tokens, self.actors.flat):
            result[rows] = self.actors.scores(batch)
        return result


@dataclass(frozen=True)
class SeparateModelScore:
    """The score of a reward model on a base of its own.

    Args:
        model: a sequence classification model with one label.
        batch_size: rows at a time.
        tokens: more rows where that many tokens hold them, see `Experience.micro_batches`.
        flat: whether rows stand behind one another in a pass, without padding.
    """

    model: Any
    batch_size: int
    tokens: int = 0
    flat: bool = False

    @torch.no_grad()
    def __call__(self, experience: Experience) -> Tensor:
        """[B] fp32."""
        result = torch.zeros(len(experience), device=experience.prompt.device)
        for rows, batch in experience.micro_batches(self.batch_size, self.tokens, self.flat):
            if self.flat:
                flat = batch.flat
                result[rows] = scores_of_flat(self.model, {
                    "input_ids": flat.sequence(batch.sequence[0]), "position_ids": flat.positions, "last": flat.last})[0]
                continue
            mask = torch.cat([batch.prompt_mask, batch.mask], dim=1)
            order = torch.sort(mask.int(), dim=1, descending=True, stable=True).indices   # padding all to the right
            ids = torch.cat([batch.prompt, batch.response], dim=1).gather(1, order)
            logits = self.model(input_ids=ids, attention_mask=mask.gather(1, order).long()).logits
            result[rows] = logits.float().squeeze(-1)
        return result


@dataclass(frozen=True)
class FunctionScore:
    """A reward function called as GRPO calls it: prompts and completions as messages, completion_ids, the row's columns.

    A None among its results counts as 0, as where several functions share the work.

    Args:
        function: `f(prompts, completions, **kwargs) -> list[float | None]`.
        prompts: all training prompts; an experience's `which` points into them.
        chat: decodes the responses.
    """

    function: RewardFunction
    prompts: Sequence[EncodedPrompt]
    chat: Chat

    def __call__(self, experience: Experience) -> Tensor:
        """[B] fp32."""
        requests = [self.prompts[i] for i in experience.which.tolist()]
        ids = [tokens[on].tolist() for tokens, on in zip(experience.response, experience.mask, strict=True)]
        texts = self.chat.tokenizer.batch_decode(ids, skip_special_tokens=True)
        names = dict.fromkeys(name for prompt in requests for name in prompt.columns)
        columns = {name: [prompt.columns.get(name) for prompt in requests] for name in names}
        arguments = {**columns, "prompts": [prompt.messages for prompt in requests], "completion_ids": ids,
                 "completions": [[{"role": "assistant", "content": text}] for text in texts]}
        result = self._called(arguments)
        if len(result) != len(requests):
            raise InputError(f"gave {quantity(len(result), 'score')} for "
                             f"{quantity(len(requests), 'response')}", where=self.function.__name__,
                             remedy="return one number for each completion")
        return torch.tensor([0.0 if value is None else float(value) for value in result], device=experience.prompt.device)

    def _called(self, arguments: Mapping[str, Any]) -> Sequence[float | None]:
        """What the function returns for those of the arguments that it takes."""
        name, parameters = self.function.__name__, inspect.signature(self.function).parameters
        takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        needed = {each for each, parameter in parameters.items() if parameter.default is parameter.empty
                  and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)}
        if missing := sorted(needed - arguments.keys()):
            raise InputError(f"needs {', '.join(missing)}, and the prompts have no such column", where=name,
                             remedy="check the columns of the prompts, and what stands where prompts are named")
        try:
            return self.function(**{each: value for each, value in arguments.items() if takes_all or each in parameters})
        except InstructwildError:
            raise
        except Exception as error:  # whatever the user's function raises
            last = traceback.extract_tb(error.__traceback__)[-1]
            raise InputError(f"failed ({type(error).__name__}: {error})", where=f"{name}, {Path(last.filename).name} line "
                             f"{last.lineno}", remedy="mend the function; a row without a column has None there") from error


@dataclass(frozen=True)
class Summed:
    """Several scores added up."""

    parts: Sequence[Score]

    def __call__(self, experience: Experience) -> Tensor:
        """[B] fp32."""
        return torch.stack([part(experience) for part in self.parts]).sum(0)


def reward_function(index: str) -> RewardFunction:
    """The function that `FILE.py:NAME` names.

    Raises:
        ConfigError: the place is not written so.
        InputError: the file cannot be run, or holds no such function.
    """
    file, _, name = index.rpartition(":")
    if not file or not name.isidentifier():
        raise ConfigError(f"{index!r} names no function", where="--reward-func", remedy="write FILE.py:NAME")
    spec = importlib.util.spec_from_file_location(f"reward_{Path(file).stem}", file)
    if spec is None or spec.loader is None or not Path(file).is_file():
        raise InputError("is no Python file", where=file, remedy="check the path")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises
        raise InputError(f"cannot be run ({type(error).__name__}: {error})", where=file, remedy="mend the file") from error
    result = getattr(module, name, None)
    if not callable(result):
        raise InputError(f"holds no function {name!r}", where=file, remedy="check the name after the colon")
    return result  # type: ignore[no-any-return]
