"""A conversation in the terminal: answers as they come, Ctrl-C to stop one, two models side by side, votes and history."""

import getpass
import json
import queue
import re
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from instructwild.console.terminal import console
from instructwild.errors import InstructwildError, OutputError
from instructwild.llm.request import Request, Sampling
from instructwild.schema import Message
from instructwild.text.quantity import quantity
from instructwild_trainer.serve.engine import AnswerChunk, BatchEngine
from instructwild_trainer.serve.loaded_model import LoadedModel
from instructwild_trainer.serve.votes import Votes, VoteVerdict

if TYPE_CHECKING:
    from rich.table import Table

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
KEYS = {"1": VoteVerdict.LEFT, "2": VoteVerdict.RIGHT, "3": VoteVerdict.TIE, "4": VoteVerdict.BOTH_BAD}
HELP = ("Ask something. Ctrl-C stops an answer; /new begins a new conversation, /back goes on with the one before; "
        "an empty line ends.\n问点什么。Ctrl-C 停止回答；/new 开始新对话，/back 回到上一个对话；空行结束。")
VOTE = ("Which is better? 哪个更好？ [bold]1[/] A  [bold]2[/] B  [bold]3[/] tie 一样  [bold]4[/] both bad 都不好  "
        "(Enter: no vote 不投) ")
LETTERS = "ABCDEFGHIJ"


@dataclass
class ShownAnswer:
    """What one model says, as it comes."""

    loaded: LoadedModel
    text: str = ""
    note: str = ""

    @property
    def plain(self) -> str:
        """The text without control characters: what a model says must not steer the terminal."""
        return CONTROL.sub("", self.text)


@dataclass
class History:
    """Conversations of this and earlier sessions, the latest last; kept where there is a file."""

    file: Path | None
    talks: list[list[Message]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file is None or not self.file.exists():
            return
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                self.talks.append([Message(**turn) for turn in json.loads(line)["messages"]])
            except (ValueError, TypeError, KeyError):
                continue

    def keep(self, talk: list[Message]) -> None:
        """Put a conversation that has an answer last, and write the file anew."""
        if len(talk) < 2:
            return
        self.talks = [*(item for item in self.talks if item is not talk), talk]
        if self.file is not None:
            rows = [{"messages": [turn.model_dump() for turn in item]} for item in self.talks]
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                aside = self.file.with_name(f".{self.file.name}.part")
                aside.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
                aside.replace(self.file)
            except OSError as error:
                raise OutputError(f"cannot be written ({error.strerror})", where=str(self.file),
                                  remedy="choose another --history") from None


def converse(loaded_models: Sequence[LoadedModel], max_tokens: int, temperature: float, votes: Votes | None = None,
             history: Path | None = None) -> None:
    """Talk until an empty line or the end of input. With several models the conversation goes on from the better answer."""
    kept, talk = History(history), list[Message]()
    engine = BatchEngine({loaded.name: loaded.local for loaded in loaded_models}, slots=1, waiting=len(loaded_models))
    console.print(HELP, style="dim", highlight=False)
    try:
        while question := _question():
            if question in ("/new", "/back"):
                talk = list[Message]() if question == "/new" or not kept.talks else kept.talks[-1]
                _recall(talk)
                continue
            requests = [*talk, Message(role="user", content=question)]
            try:
                answers = _answered(engine, _drawn(loaded_models, votes), requests, Sampling(max_tokens=max_tokens,
                                                                                    temperature=temperature))
            except InstructwildError as error:
                console.print(f"[red]{error.what}[/]")
                continue
            chosen = _voted(votes, requests, answers)
            if chosen.text:
                talk += [requests[-1], Message(role="assistant", content=chosen.text)]
                kept.keep(talk)
    finally:
        engine.stop()


def _question() -> str:
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            import readline  # noqa: F401  arrow keys at the prompt, which it must write itself to know where it ends

            return input("> ").strip()
        return console.input("[bold cyan]> [/]").strip()
    except EOFError:
        return ""


def _recall(talk: Sequence[Message]) -> None:
    summary = f"(going on after 接着 “{CONTROL.sub('', talk[-2].content)[:60]}”)" if talk else "(a new conversation 新对话)"
    console.print(summary, style="dim", highlight=False, markup=False)


def _drawn(loaded_models: Sequence[LoadedModel], votes: Votes | None) -> list[ShownAnswer]:
    """One answer to come from each, in an order that is drawn where people vote."""
    answers = [ShownAnswer(loaded) for loaded in loaded_models]
    if votes is not None and secrets.randbits(1):
        answers.reverse()
    return answers


def _answered(engine: BatchEngine, answers: list[ShownAnswer], messages: Sequence[Message],
              sampling: Sampling) -> list[ShownAnswer]:
    """Let every model answer while what they say is shown; Ctrl-C stops them and keeps what was said.

    Raises:
        InstructwildError: the conversation does not fit a model, or its template.
    """
    from dataclasses import replace

    received: queue.SimpleQueue[tuple[ShownAnswer, AnswerChunk]] = queue.SimpleQueue()
    request = Request(messages=tuple(messages), sampling=sampling, seed=secrets.randbits(62))
    requests = []
    for answer in answers:
        prompt = answer.loaded.prompt(request)
        left = answer.loaded.local.context - len(prompt)
        if left < 1:
            raise OutputError(f"the conversation has {quantity(len(prompt), 'token')}, and {answer.loaded.name} reads no "
                              f"more than {answer.loaded.local.context:,}: begin a new one with /new")
        requests.append((replace(request, sampling=replace(sampling, max_tokens=min(sampling.max_tokens, left))), prompt))
    jobs = [engine.submit(answer.loaded.name, [item], lambda chunk, answer=answer: received.put((answer, chunk)))  # type: ignore[misc]
            for answer, item in zip(answers, requests, strict=True)]
    shown = Shown(answers)
    try:
        left = len(answers)
        while left:
            answer, chunk = received.get()
            answer.text += chunk.text
            answer.note = chunk.problem or ("cut off at the longest answer 已达最长" if chunk.finish == "length" else "")
            left -= chunk.finish is not None
            shown.more()
    except KeyboardInterrupt:
        for job, answer in zip(jobs, answers, strict=True):
            engine.cancel(job)
            answer.note = answer.note or "stopped 已停止"
    finally:
        shown.end()
    return answers


class Shown:
    """Answers on the screen: one is printed as it comes, several stand beside one another and are printed when they end."""

    def __init__(self, answers: list[ShownAnswer]) -> None:
        self.answers, self.printed, self.live = answers, 0, None
        if len(answers) > 1 and console.is_terminal:
            from rich.live import Live

            self.live = Live(console=console, refresh_per_second=8, transient=True,
                             get_renderable=lambda: self.beside(console.height - 4))
            self.live.start()

    def more(self) -> None:
        """Show what has come."""
        if len(self.answers) == 1:
            text = self.answers[0].plain
            print(text[self.printed:], end="", flush=True)
            self.printed = len(text)

    def end(self) -> None:
        """Leave the whole answers on the screen."""
        if self.live is not None:
            self.live.stop()
        if len(self.answers) == 1:
            print(flush=True)
            if self.answers[0].note:
                console.print(self.answers[0].note, style="dim", highlight=False, markup=False)
        else:
            console.print(self.beside())

    def beside(self, height: int | None = None) -> "Table":
        """All answers in columns, or below one another where the terminal is narrow; of each the last lines that fit."""
        from rich.panel import Panel
        from rich.table import Table
        from rich.text import Text

        columns = len(self.answers) if console.width >= 36 * len(self.answers) else 1
        grid = Table.grid(expand=True)
        for _ in range(columns):
            grid.add_column(ratio=1)
        panels = []
        for letter, answer in zip(LETTERS, self.answers, strict=False):
            text = Text(answer.plain.strip() or ("…" if height is not None else "(nothing 空)"))
            if height is not None:
                lines = text.wrap(console, max(10, console.width // columns - 4))
                text = Text("\n").join(lines[-max(3, height // (len(self.answers) // columns) - 2):])
            panels.append(Panel(text, title=letter, title_align="left", subtitle=Text(answer.note) if answer.note else None,
                                subtitle_align="left"))
        for start in range(0, len(panels), columns):
            grid.add_row(*panels[start:start + columns])
        return grid


def _voted(votes: Votes | None, messages: Sequence[Message], answers: list[ShownAnswer]) -> ShownAnswer:
    """The answer that the conversation goes on from, after a vote where votes are kept."""
    began, verdict = time.monotonic(), None
    if votes is not None and all(answer.text for answer in answers):
        try:
            verdict = KEYS.get(console.input(VOTE).strip())
        except EOFError:
            verdict = None
        if verdict is not None:
            votes.keep(messages, [(answer.loaded.name, answer.text) for answer in answers], verdict, _user(),
                       round(time.monotonic() - began, 1))
    if len(answers) > 1:
        summary = ", ".join(f"{letter} is {answer.loaded.name}" for letter, answer in zip(LETTERS, answers, strict=False))
        console.print(f"({summary}{'; kept 已记下' if verdict else ''})", style="dim", highlight=False, markup=False)
    output = [answer for answer in answers if answer.text] or answers
    return output[-1] if verdict is VoteVerdict.RIGHT else output[0]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"
