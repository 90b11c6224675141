"""Words, sentences, paragraphs and lines of a text, in English and Chinese."""

import re

from instructwild.text.tokens import fold, tokens

_ENDS = re.compile(r"[。！？!?…]+[”’」』\")）]*|\.+[”’\")]*(?=\s|$)")
_BULLET = re.compile(r"^\s*[-*+•·]\s+\S", re.MULTILINE)
_INSIDE = re.compile(r"(?<=[^\W\d_])['’-](?=[^\W\d_])")
"""An apostrophe or a hyphen within a word."""
_NUMBERED = re.compile(r"^\s*(?:\d+\s*[.)、．]|（?[一二三四五六七八九十]+[、）])\s*\S", re.MULTILINE)


def words(text: str) -> list[str]:
    """Words as they are counted: runs of letters and digits, folded, marks within them left out; a Chinese character is one.

    >>> words("It's 2024, 你好!")
    ['its', '2024', '你', '好']
    """
    return tokens(_INSIDE.sub("", text))


def sentences(text: str) -> list[str]:
    """Sentences: up to an end mark or a line break, those without a letter or digit left out.

    >>> sentences("One. Two is 3.5! 第三句。第四")
    ['One.', 'Two is 3.5!', '第三句。', '第四']
    """
    return [text[first:last] for first, last in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, blanks around them left out.

    >>> sentence_spans("One. Two!")
    [(0, 4), (5, 9)]
    """
    spans: list[tuple[int, int]] = []

    def add(first: int, last: int) -> None:
        piece = text[first:last]
        if any(map(str.isalnum, piece)):
            spans.append((first + len(piece) - len(piece.lstrip()), first + len(piece.rstrip())))

    begin = 0
    for line in text.splitlines(keepends=True):
        start, shown = begin, line.rstrip()
        for end in _ENDS.finditer(shown):
            add(start, begin + end.end())
            start = begin + end.end()
        add(start, begin + len(shown))
        begin += len(line)
    return spans


def paragraphs(text: str) -> list[str]:
    """Blocks of lines that blank lines part."""
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]


def lines(text: str) -> list[str]:
    """Lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def bullets(text: str) -> int:
    """Lines that begin with a bullet."""
    return len(_BULLET.findall(text))


def numbered(text: str) -> int:
    """Lines that begin with a number, in digits or in Chinese."""
    return len(_NUMBERED.findall(text))


def occurrences(text: str, word: str) -> int:
    """How often a word or phrase stands in a text, whatever its case: whole words; Chinese anywhere."""
    parts, inside = tokens(word), tokens(text)
    if not parts:
        return fold(text).count(fold(word)) if word else 0
    width = len(parts)
    return sum(inside[i:i + width] == parts for i in range(len(inside) - width + 1))


def is_emoji(char: str) -> bool:
    """Whether a character is a picture: a symbol of Unicode's emoji blocks."""
    code = ord(char)
    return 0x1F300 <= code <= 0x1FAFF or 0x2600 <= code <= 0x27BF or 0x1F1E6 <= code <= 0x1F1FF
