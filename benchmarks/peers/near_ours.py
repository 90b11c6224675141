"""This toolkit, from raw text; `index` for the path that compiles nothing."""

from protocol import OPTIONS, answer

from instructwild.clean.near import NearDuplicates


def find(rows):
    compiled = "index" not in OPTIONS
    verdicts = NearDuplicates([row["text"] for row in rows], compiled=compiled).verdicts
    return [i for i, verdict in enumerate(verdicts) if verdict is not None]


answer(find, warm=1000)
