"""Why a row stayed or left."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Reason(StrEnum):
    """Every reason for which any stage drops a row."""

    # reading
    MALFORMED = "malformed"
    # collect
    NOT_A_PROMPT = "not_a_prompt"
    REPOST = "repost"
    FORGOTTEN = "forgotten"
    # expand and respond
    FAILED = "failed"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    BAD_FORMAT = "bad_format"
    WRONG_LANGUAGE = "wrong_language"
    SURPLUS = "surplus"
    # clean
    EMPTY = "empty"
    LANGUAGE = "language"
    RULE = "rule"
    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    CONTAMINATED = "contaminated"
    PII = "pii"
    # rankings and training
    TOO_FEW_CANDIDATES = "too_few_candidates"
    NOT_RANKED = "not_ranked"
    TOO_LONG = "too_long"
    NO_ANSWER = "no_answer"
    NO_PREFERENCE = "no_preference"


class Dropped(BaseModel):
    """A row that left: which step dropped it, why, and on what evidence.

    `evidence` and `row` are JSON values; on disk each is one JSON string.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    step: str
    reason: Reason
    evidence: Any = None
    row: Any = None
