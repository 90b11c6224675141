"""Signs in a text out of a feed that it is talk, or a task for a model.

What is merely possible is nearly always talk.

A bare post needs an open order for a text, a table or code (with what it is to be like), or a question about the world that
names no one and nothing nearby. What its author put to a model only has to stand by itself.
"""

import re

from instructwild.collect import chinese_signs, english_signs, situation, tasks
from instructwild.text.scripts import ANY_HAN

LONG_ORDER = 25
"""Words from which on an order is too detailed to be meant for whoever reads the feed."""
OBJECT = re.compile(r"https?://\S|```|[:：]\s*\S|\n\s*\S|[\"“「『]")
"""What "this" may stand for within the text: a link, code, a quotation, or what follows a colon or a line end."""
LINK = re.compile(r"https?://\S+")
ORDER_ASKED = re.compile(r"(?!(?:please |hey,? )?(?:can|could|would|will) )[^?？:：\n.]{1,80}[?？]", re.IGNORECASE)
"""Who puts a question mark behind "recommend three podcasts" asks people for theirs."""

ENGLISH = {**english_signs.SIGNS, **situation.ENGLISH, **tasks.ENGLISH}
CHINESE = {**chinese_signs.SIGNS, **situation.CHINESE, **tasks.CHINESE}
IN_OPENING = frozenset(("nearby", "to the reader", "lively", "story", "narrative", *situation.ENGLISH, *situation.CHINESE))
TALK_OF_LONG = {"nearby", "to the reader", "story", "narrative", "self"}
"""Signs of talk that an order with many details may have."""
_ASKS_POLITELY = "(?:please |pls |kindly |(?:can|could|would) you (?:please )?|help me )"
_HAN_WRITES = r"(?:写|起草|草拟|拟|撰写)(?:出|一下)?[一两三几\d]{0,2}(?:封|篇|份|段|首|则|条|张)"
WRITTEN = re.compile(rf"{_ASKS_POLITELY}?(?:write|draft|compose)\b|^[^，。？?！!]{{0,20}}?{_HAN_WRITES}", re.IGNORECASE)
"""An order for something written, which may be for one's own landlord."""
OF_ONES_OWN = {"own", "here", "self"}
READ = 400
"""Characters that signs are looked for in."""


def signs(text: str, chinese: bool) -> list[str]:
    """The names of the signs in a text, read as Chinese or as English."""
    table = CHINESE if chinese else ENGLISH
    head = text[:READ]
    order = table["order"](text)
    opening = re.split(r"[:：]\s", head, maxsplit=1)[0]       # behind a colon stands what is worked on
    skipped: set[str] = set()
    if order:
        opening = LINK.sub(" ", opening)                      # an order may name the page that it is about
        skipped = OF_ONES_OWN if WRITTEN.match(text) else skipped
        skipped = skipped | TALK_OF_LONG if len(re.findall(rf"[A-Za-z0-9'’-]+|{ANY_HAN}", head)) >= LONG_ORDER else skipped
    if OBJECT.search(head):
        skipped = skipped | {"points outside"}
        if order:
            opening = re.sub(r"\b(?:this|these|it)\b|这[段句篇首份个些]", "", opening, flags=re.IGNORECASE)
    named = [name for name, search in table.items()
             if name not in skipped and search(opening if name in IN_OPENING else head)]
    if "role" not in named and "role with a task" in named:
        named.remove("role with a task")
    if order and ORDER_ASKED.match(text):
        named.append("order with a question mark")
    return named
