"""What a token is: the words of alphabetic scripts, and the single characters of Chinese, Japanese and Korean.

On ASCII text these are exactly the tokens of `rouge_score` (without its stemmer), which drops every other character.
Categories are those of the running Python's Unicode data.
"""

import unicodedata

from instructwild.text.scripts import HAN, HANGUL, KANA

SINGLE = (*HAN, *KANA, *HANGUL)
"""Every code point of these is a token by itself."""


def is_text(char: str) -> bool:
    """Whether a character is part of a token: a letter, a mark or a number."""
    return unicodedata.category(char)[0] in "LMN"


def is_single(char: str) -> bool:
    """Whether a character that is part of a token is a token by itself."""
    return any(first <= ord(char) <= last for first, last in SINGLE)


class _Spacing(dict[int, str]):
    """Code point -> what stands for it in a text whose tokens are separated by spaces; filled on first sight."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        spaced = (f" {char} " if is_single(char) else char) if is_text(char) else " "
        self[code] = spaced
        return spaced


_SPACING = _Spacing()


def fold(text: str) -> str:
    """The text in the form in which it is compared: NFKC, then casefold."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order.

    >>> tokens("What is ＡＩ？什么是AI")
    ['what', 'is', 'ai', '什', '么', '是', 'ai']
    """
    return tokens_of_folded(fold(text))


def tokens_of_folded(folded: str) -> list[str]:
    """The tokens of a text that is folded already."""
    return folded.translate(_SPACING).split()
