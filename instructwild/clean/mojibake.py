"""Text that was UTF-8 and has been decoded as something else: found and turned back, where only one reading is possible.

Two accidents cover nearly all of it: UTF-8 read as Windows-1252 ("donâ€™t", "ä½ å¥½") and UTF-8 read as GBK ("浣犲ソ").
"""

import re

CONTINUATION = range(0x80, 0xC0)


def _windows(byte: int) -> str:
    """The character of a byte in Windows-1252, or in Latin-1 where that has none."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {_windows(byte): byte for byte in range(0x80, 0x100)}
_TAIL = "[" + "".join(re.escape(char) for char, byte in sorted(_BYTE.items()) if byte in CONTINUATION) + "]"

# Of two-byte sequences only those of the Latin-1 letters: others look like ordinary capitals before ordinary quotes.
WINDOWS = f"(?:[ÂÃ]{_TAIL}|[à-ï]{_TAIL}{{2}}|ð{_TAIL}{{3}})"
# The first two of the three bytes of every common Chinese character, as GBK reads them.
GBK = "[" + "".join(bytes([first, second]).decode("gbk") for first in range(0xE4, 0xEA) for second in CONTINUATION) + "]"
SUSPECT = f"{WINDOWS}|{GBK}[^\\x00-\\x7f]*{GBK}"
_HAN_RUN = re.compile(r"[\u00a0-\U0010ffff]{3,}")


def unmangled(text: str) -> str:
    """The text as it was meant; what has no other reading stays as it is."""
    found = re.sub(f"{WINDOWS}+", lambda match: _as_utf8(match.group()), text)
    return _HAN_RUN.sub(lambda match: _from_gbk(match.group()), found) if re.search(GBK, found) else found


def _as_utf8(run: str) -> str:
    try:
        return bytes(_BYTE[char] for char in run).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return run


def _from_gbk(run: str) -> str:
    """UTF-8 read as GBK: only a run whose bytes are UTF-8 of other Chinese text throughout, which chance does not give."""
    try:
        meant = run.encode("gb18030").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return run
    return meant if len(meant) >= 2 and all(char > "\u00ff" for char in meant) else run
