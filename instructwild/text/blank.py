r"""Whether a text shows anything: white space, zero-width signs, fillers and control codes do not.

>>> shows("\u200b\ufeff"), shows(" a")
(False, True)
"""

import re

WHITE_SPACE = ("\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
               + "".join(map(chr, range(0x2000, 0x200b))))
"""What `str.strip` takes away: polars' own list lacks the four separators of ASCII."""
UNSEEN = ("\x00-\x08\x0e-\x1b\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
          "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f")
"""Ranges of characters that show nothing by themselves: Unicode's default ignorables, the fillers of Hangul, the blank of
Braille, and ASCII's control codes. The codes from U+0080 on are not among them: in files of Windows they are signs."""
SHOWN = f"[^{WHITE_SPACE}{UNSEEN}]"
"""One character that shows, as a regular expression of Python and of polars."""
_SHOWN = re.compile(SHOWN)


def shows(text: str) -> bool:
    """Whether the text has a character that can be seen."""
    return _SHOWN.search(text) is not None
