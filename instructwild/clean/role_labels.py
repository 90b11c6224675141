"""Tags of a chat template around a whole turn: "<user>: …", "[INST] … [/INST]", a stop token at the end of an answer.

Tags within a turn are not of the turn: further turns may stand between them, and the rule `role_tags` names the row.
"""

from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

_STOPS = group_of(r"""
    <\|im_end\|> | <\|eot_id\|> | <\|end_of_text\|> | <\|endoftext\|> | <end_of_turn> | <｜end▁of▁sentence｜> | </s>
""")
_OPENS_USER = group_of(r"""
    <(?:user|human)>\s*[:：] | \[INST\] | <\|im_start\|>user\n | <\|start_header_id\|>user<\|end_header_id\|>
    <start_of_turn>user\n | <｜User｜> | <\|user\|>
""")
_OPENS_ASSISTANT = group_of(r"""
    <(?:bot|assistant)>\s*[:：] | <\|im_start\|>assistant\n | <\|start_header_id\|>assistant<\|end_header_id\|>
    <start_of_turn>model\n | <｜Assistant｜> | <\|assistant\|>
""")
OPENS_A_TURN, ENDS_A_TURN = rf"\A\s*(?:{_OPENS_USER}|{_OPENS_ASSISTANT})", r">\s*\z"
"""In Rust's syntax, one of them in each turn with such tags: as one pattern they would take five times as long."""
_AROUND = {"user": LazyPattern(rf"(?s)\A\s*{_OPENS_USER}\s*(.*?)\s*(?:\[/INST\]|{_STOPS})?\s*\Z"),
           "assistant": LazyPattern(rf"(?s)\A(?:\s*{_OPENS_ASSISTANT}\s*)?(.*?)\s*{_STOPS}?\s*\Z")}
_ANY_TAG = LazyPattern(rf"{_STOPS}|{_OPENS_USER}|{_OPENS_ASSISTANT}|\[/?INST\]|<s>|<</?SYS>>|<\|im_start\|>|`")


def without_role_labels(role: str, text: str) -> str:
    r"""The turn without the tags around it; one that holds more of them, or nothing else, stays.

    >>> without_role_labels("user", "<user>: Name a tide."), without_role_labels("assistant", "The ebb.<|im_end|>")
    ('Name a tide.', 'The ebb.')
    >>> without_role_labels("user", "<user>: Name a tide. <bot>: The ebb. <user>: Another.")
    '<user>: Name a tide. <bot>: The ebb. <user>: Another.'
    """
    if role not in _AROUND or not (text.lstrip().startswith(("<", "[")) or text.rstrip().endswith(">")):
        return text
    match = _AROUND[role].match(text)
    within = match[1] if match is not None else ""
    return text if within in ("", text.strip()) or _ANY_TAG.search(within) else within
