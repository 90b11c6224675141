"""Every row to its end: rows that end are replaced by those that wait."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from instructwild.llm.generation.decoder import READ_TOKENS, Decoder
from instructwild.llm.generation.rows import DecodedRow


def decode(decoder: Decoder, rows: Sequence[DecodedRow], accept: Callable[[DecodedRow, int], None],
           ended: Callable[[DecodedRow, Mapping[str, Tensor]], None] = lambda row, figures: None) -> None:
    """Every row to its end, in about the order in which they come; rows that end are replaced by those that wait.

    Args:
        decoder: without rows.
        rows: those of a like length after one another waste least.
        accept: counts a token in, and sets `finish` when it is the last.
        ended: given each row at its end with the figures recorded of its tokens.
    """
    waiting = deque(rows)
    while waiting or decoder.rows:
        # A prompt alone costs about what a step of all rows does, so they are read several at a time.
        while waiting and decoder.joinable and decoder.free >= min(len(waiting), max(1, decoder.slots // 4)):
            _read_some(decoder, waiting)
        ends = []
        for number, tokens in enumerate(decoder.step(decoder.lookahead)):
            row = decoder.rows[number]
            for token in tokens:
                accept(row, token)
                if row.finish is not None:
                    ends.append(number)
                    break
        for number in ends:
            ended(decoder.rows[number], decoder.figures(number))
        decoder.leave(ends)


def _read_some(decoder: Decoder, waiting: "deque[DecodedRow]") -> None:
    chosen: list[DecodedRow] = []
    while waiting and len(chosen) < decoder.free:
        longest = max(len(row.prompt) for row in (*chosen, waiting[0]))
        if chosen and longest * (len(chosen) + 1) > READ_TOKENS:
            break
        chosen.append(waiting.popleft())
    decoder.read(chosen, once=True)
    while not decoder.advance():
        pass
    decoder.join()
