"""A tokenizer as GGUF stores it: tokens, their kinds, merges or scores, and which rule cuts text before merging."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.text.quantity import quantity

if TYPE_CHECKING:
    from gguf import GGUFWriter
    from transformers import PreTrainedTokenizerBase

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""gguf.TokenType."""
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{DIGITS}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
SPLITS = {_ENDINGS + _WORDS.replace("{DIGITS}", ""): "qwen2", _ENDINGS + _WORDS.replace("{DIGITS}", "{1,3}"): "llama-bpe"}
"""The pattern of a tokenizer's Split, and llama.cpp's name of it."""
DIGITS = ("Digits", True)
REMEDY = "export it with --format merged and convert that with llama.cpp's convert_hf_to_gguf.py"


@dataclass(frozen=True)
class Vocabulary:
    """What a file says of a tokenizer.

    Args:
        model: `gpt2` for byte-level BPE, `llama` for SentencePiece.
        pre: llama.cpp's name of the rule that cuts text before merging.
        tokens: by id, one for every row of the embedding.
        kinds: of each token, as `gguf.TokenType`.
        merges: of byte-level BPE, best first.
        scores: of SentencePiece.
        space_prefix: whether a space is put before a text.
    """

    model: str
    pre: str
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    scores: list[float]
    space_prefix: bool = False


def vocabulary_of(tokenizer: "PreTrainedTokenizerBase", rows: int) -> Vocabulary:
    """A fast tokenizer's vocabulary.

    Args:
        tokenizer: as transformers loads it.
        rows: of the embedding; ids without a token are filled up.

    Raises:
        ModelError: it is neither byte-level BPE nor SentencePiece BPE, or cuts text by a rule that has no name here.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError("has no tokenizer.json, which GGUF's tokens are read from", where="--format gguf", remedy=REMEDY)
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    if state["model"].get("type") != "BPE":
        raise ModelError(f"has a tokenizer of the kind {state['model'].get('type')}, not BPE", where="--format gguf",
                         remedy=REMEDY)
    special = {item["id"]: bool(item["special"]) for item in state["added_tokens"]}
    names = {**{i: token for token, i in state["model"]["vocab"].items()},
             **{item["id"]: item["content"] for item in state["added_tokens"]}}
    if max(names) >= rows:
        raise ModelError(f"has {quantity(max(names) + 1, 'token')} and an embedding of "
                         f"{quantity(rows, 'row')}", where="--format gguf",
                         remedy="resize the embedding to the tokenizer: model.resize_token_embeddings")
    fallback = bool(state["model"].get("byte_fallback"))
    tokens = [names.get(i, f"[PAD{i}]") for i in range(rows)]
    kinds = [_kind(i, token, names, special, state["model"].get("unk_token"), fallback) for i, token in enumerate(tokens)]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in state["model"]["merges"]]
    if not fallback:
        return Vocabulary("gpt2", _pre_tokenizer(state), tokens, kinds, merges, [])
    return Vocabulary("llama", "default", tokens, kinds, [], _scores(tokens, kinds, state["model"]["merges"]),
                      _adds_space(state))


def add_vocabulary(writer: "GGUFWriter", vocabulary: Vocabulary) -> None:
    """Write tokens, kinds, and merges or scores."""
    writer.add_tokenizer_model(vocabulary.model)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    if vocabulary.model == "gpt2":
        writer.add_token_merges(vocabulary.merges)
    else:
        writer.add_token_scores(vocabulary.scores)
    writer.add_add_space_prefix(vocabulary.space_prefix)


def _kind(token_id: int, token: str, names: dict[int, str], special: dict[int, bool], unknown: str | None,
          fallback: bool) -> int:
    if token_id not in names:
        return UNUSED
    if token_id in special:
        return CONTROL if special[token_id] else USER_DEFINED
    if fallback and token == unknown:
        return UNKNOWN
    return BYTE if fallback and _is_byte(token) else NORMAL


def _is_byte(token: str) -> bool:
    return len(token) == 6 and token.startswith("<0x") and token.endswith(">")


def _scores(tokens: list[str], kinds: list[int], merges: list[Any]) -> list[float]:
    """SentencePiece merges the pair of the highest score first: a token's is less the rank of the merge that makes it."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(merges):
        ranks.setdefault("".join(merge.split(" ") if isinstance(merge, str) else merge), rank)
    lowest = -float(len(merges))
    return [-float(ranks[token]) if kind == NORMAL and token in ranks else lowest if kind == NORMAL else 0.0
            for token, kind in zip(tokens, kinds, strict=True)]


def _parts(step: dict[str, Any] | None, inner: str) -> list[dict[str, Any]]:
    return [] if step is None else list(step[inner]) if step["type"] == "Sequence" else [step]


def _adds_space(state: dict[str, Any]) -> bool:
    return any(part["type"] == "Prepend" for part in _parts(state.get("normalizer"), "normalizers")) or any(
        part["type"] == "Metaspace" and part.get("prepend_scheme") in ("always", "first")
        for part in _parts(state.get("pre_tokenizer"), "pretokenizers"))


def _pre_tokenizer(state: dict[str, Any]) -> str:
    """llama.cpp's name of the rule: of GPT-2's, of it with single digits, or of a known pattern."""
    steps = _parts(state.get("pre_tokenizer"), "pretokenizers")
    known = [part["type"] for part in steps]
    if known == ["ByteLevel"] and steps[0].get("use_regex", True):
        return "gpt-2"
    if known == ["Digits", "ByteLevel"] and steps[0]["individual_digits"] and steps[1].get("use_regex", True):
        return "smollm"
    if known == ["Split", "ByteLevel"] and (name := SPLITS.get(steps[0]["pattern"].get("Regex", ""))):
        return name
    raise ModelError(f"cuts text before merging by a rule that has no name here ({', '.join(known) or 'none'})",
                     where="--format gguf", remedy=REMEDY)
