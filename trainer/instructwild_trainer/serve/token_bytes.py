"""The bytes that a token stands for: half a character has some, though it has no text of its own."""

import json
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any


@cache
def byte_alphabet() -> dict[str, int]:
    """The letter that byte-level vocabularies write for each byte (GPT-2's table), and that byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


class TokenBytes:
    """A tokenizer's vocabulary as bytes.

    Args:
        tokenizer: byte-level (GPT-2, Llama 3, Qwen) and SentencePiece with byte fallback (Llama 2, Gemma) are told apart by
            their decoder.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @cached_property
    def _byte_level(self) -> bool:
        backend = getattr(self._tokenizer, "backend_tokenizer", None)
        return backend is not None and "ByteLevel" in json.dumps(json.loads(backend.to_str()).get("decoder"))

    def bytes(self, token: int) -> bytes:
        """The bytes of one token; of a special token its text."""
        piece = self._tokenizer.convert_ids_to_tokens(token)
        if piece is None:
            return b""
        if token in self._tokenizer.added_tokens_decoder:
            return str(piece).encode()
        if self._byte_level and all(letter in byte_alphabet() for letter in piece):
            return bytes(byte_alphabet()[letter] for letter in piece)
        if len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">"):
            return bytes([int(piece[3:5], 16)])
        return str(piece).replace("\N{LOWER ONE EIGHTH BLOCK}", " ").encode()

    def name(self, token: int) -> str:
        r"""The text of one token, or, where it is no whole text, its bytes as `bytes:\xe5`: tokens stay different."""
        of_token = self.bytes(token)
        try:
            return of_token.decode()
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in of_token)

    def offsets(self, tokens: Sequence[int]) -> list[int]:
        """The character of the text at which each token begins.

        Special tokens have no length, since text leaves them out, nor has the blank that SentencePiece puts before the first
        word. A token that goes on with a character that another began has that character's place.
        """
        offsets, position, first = [], 0, True
        for token in tokens:
            special = getattr(self._tokenizer.added_tokens_decoder.get(token), "special", False)
            of_token = b"" if special else self.bytes(token)
            if first and of_token and not self._byte_level:
                of_token = of_token.removeprefix(b" ")
            first = first and special
            goes_on = bool(of_token) and of_token[0] & 0xC0 == 0x80
            offsets.append(max(0, position - goes_on))
            position += sum(byte & 0xC0 != 0x80 for byte in of_token)
        return offsets
