"""How the text of a conversation opens and closes thoughts."""

import re

BLOCKS = {"<|channel>thought\n": "<channel|>", "<|START_THINKING|>": "<|END_THINKING|>", "[THINK]": "[/THINK]",
          "◁think▷": "◁/think▷", "<|begin_of_thought|>": "<|end_of_thought|>", "<|inner_prefix|>": "<|inner_suffix|>"}
"""How families open and close thoughts, beside pairs of tags."""
TAG = r"(?:\w+[:_])?(?:think(?:ing)?|thoughts?|reasoning|reflection)(?::\w+)?"
"""The name in a pair of tags, `<NAME>` and `</NAME>`: `think`, `seed:think`, `think:opensource`."""
OPENS = "|".join([rf"<{TAG}>", *(re.escape(opening.strip()) for opening in BLOCKS)])
CLOSES = "|".join([rf"</{TAG}>", *map(re.escape, BLOCKS.values())])
EMPTY = re.compile(rf"\s*(?:{OPENS})\s*(?:{CLOSES})\s*")
OPENED = re.compile(rf"(?:(?P<open>{OPENS})\s*(?P<close>{CLOSES})?|(?P<lone>{CLOSES}))\s*\Z")
"""A prompt that ends within thoughts, or behind closed ones; some templates close what they did not open."""


def closing(opening: str) -> str:
    """What closes thoughts that a text opened."""
    return next((end for start, end in BLOCKS.items() if start.strip() == opening), f"</{opening[1:]}")
