"""Labels of the page that a prompt was copied from, glued to its end: a button, or the number of one of its versions."""

from instructwild.text.lazy_pattern import LazyPattern
from instructwild.text.word_table import group_of

_BUTTONS = group_of("Share Prompt | Save & Submit ?Cancel | 지금 번역하기 | Translate now | Copy to Clipboard")
_VERSION = r"\d{1,2} / \d{1,2}"
LONGEST = 24
"""Characters of one label, with the white space around it, that are looked at."""
ENDS_IN_A_LABEL = rf"(?:[^\s]|\n\s*|[.?!] ){_BUTTONS}\s*\z|(?:[a-z]{{3}}|[.?!\"”]){_VERSION}\s*\z"
"""In Rust's syntax. A number behind a letter or a bracket alone may be of a formula; a label behind a single space may be a
word of the sentence: "as on the button Translate now"."""
_BUTTON = LazyPattern(rf"(?:(?<=\S)|\n\s*|(?<=[.?!]) ){_BUTTONS}\s*\Z")
_GLUED_VERSION = LazyPattern(r"(?:(?<=[a-z]{3})|(?<=[.?!\"”]))(\d{1,2}) / (\d{1,2})\s*\Z")


def without_page_labels(text: str) -> str:
    """The text without labels at its end; one that is nothing but a label stays.

    >>> without_page_labels("Name three tides.Share Prompt"), without_page_labels("Name three tides.2 / 3")
    ('Name three tides.', 'Name three tides.')
    >>> without_page_labels("Press the button Translate now")
    'Press the button Translate now'
    """
    end = len(text)
    while True:
        start = max(0, end - 2 * LONGEST)
        match = _BUTTON.search(text, start, end) or _GLUED_VERSION.search(text, start, end)
        if match is None or not text[:match.start()].strip() or (match.lastindex and int(match[1]) > int(match[2])):
            return text[:end]
        end = len(text[:match.start()].rstrip())
