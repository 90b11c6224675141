"""How a question looks in the terminal. All text from rows is shown as plain text, control characters taken out."""

import unicodedata
from collections.abc import Sequence

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from instructwild.schema import RankingRow
from instructwild_annotation.terminal.wording import Wording

SLOTS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
JOINERS = "\u200c\u200d"      # they make one emoji of several, and shape Persian and Indic words
MEDALS = {1: "bold green", 2: "yellow", 3: "dark_orange"}


def plain(text: str) -> Text:
    """Text that can neither move the cursor nor colour the screen."""
    lines = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = "".join(c if c.isprintable() or c in f"\n\t{JOINERS}" or unicodedata.category(c) == "Zs" else "�" for c in lines)
    return Text(kept.expandtabs(4).strip("\n"))


class Screen:
    """Questions above, one line for keys below."""

    def __init__(self, console: Console, words: Wording) -> None:
        self.console = console
        self.words = words
        self._live: Live | None = None

    def welcome(self, count: int, sizes: Sequence[int], seconds: float | None, *, script_ranks: bool) -> None:
        """The first screen: what is asked of the person, and what happens where nobody is there."""
        few, many = min(sizes), max(sizes)
        invitation = self.words.invitation.format(count=count, k=few if few == many else f"{few}–{many}")
        countdown = self.words.countdown if script_ranks else self.words.countdown_to_stop
        body = [Text(invitation)]
        if seconds is not None:
            body += [Text(), Text(countdown.format(seconds=f"{seconds:g}"), style="bold")]
        self.console.print(Panel(Group(*body), title=Text(self.words.welcome, "bold"), box=box.ROUNDED, padding=(1, 2),
                                 width=min(self.console.width, 88)))

    def question(self, row: RankingRow, order: Sequence[int], number: int, count: int) -> None:
        """A prompt with its history, and the answers in the given order."""
        self.close()
        self.console.print()
        self.console.print(Rule(Text(self.words.question.format(number=number, count=count), "bold"), style="cyan"))
        system, person, assistant = self.words.history
        names = {"system": system, "user": person, "assistant": assistant}
        *history, last = row.messages
        for message in history:
            self.console.print(Padding(Text.assemble((f"{names[message.role]}: ", "dim bold"), plain(message.content)),
                                       (0, 2)), style="dim")
        self.console.print(Panel(plain(last.content), title=Text(self.words.prompt, "bold cyan"), title_align="left",
                                 border_style="cyan", box=box.HEAVY))
        for slot, index in zip(SLOTS, order, strict=False):
            text = row.candidates[index].shown
            shown = plain(text) if text.strip() else Text(self.words.empty, "dim italic")
            self.console.print(Panel(shown, title=Text(self.words.answer.format(slot=slot), "bold"), title_align="left",
                                     box=box.ROUNDED))
        self._live = Live(console=self.console, auto_refresh=False, transient=True)
        self._live.start()

    def line(self, typed: Sequence[int], size: int, note: str = "", pending: str = "") -> None:
        """Show the ranks typed so far, a digit that waits for its second, and what the keys do."""
        if self._live is None:
            return
        shown = Text(" ")
        for i, slot in enumerate(SLOTS[:size]):
            rank = typed[i] if i < len(typed) else None
            current = i == len(typed)
            shown.append(f" {slot} ", "reverse bold" if current else "bold")
            waiting = f"{pending}_" if current and pending else "·"
            shown.append(f" {rank if rank is not None else waiting}  ", MEDALS.get(rank or 0, ""))
        below = Text(f" {note or self.words.hint}", "bold magenta" if note else "dim")
        self._live.update(Group(shown, below), refresh=True)

    def settle(self, typed: Sequence[int], size: int) -> None:
        """Leave the ranks standing and go on."""
        self.close()
        shown = "   ".join(f"{slot} {rank}" for slot, rank in zip(SLOTS[:size], typed, strict=False))
        self.console.print(Text(f"  ✓ {shown}", "green"))

    def note(self, text: str) -> None:
        """One line of its own."""
        self.close()
        self.console.print(Text(f"  {text}", "bold"))

    def explain(self) -> None:
        """The help, above the line for keys."""
        (self._live.console if self._live else self.console).print(
            Panel(Text(self.words.help), title="?", box=box.ROUNDED, border_style="magenta"))

    def close(self) -> None:
        """Take the line for keys away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
