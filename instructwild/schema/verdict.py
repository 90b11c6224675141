"""Why a row stayed or left."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Every reason for which any stage drops a row."""

    # reading
    MALFORMED = "malformed"
    MEDIA = "media"
    MARKED_BAD = "marked_bad"
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
    EDITED = "edited"
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

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(description="the row's id; empty where it could not be read")
    step: str = Field(description="what dropped it")
    reason: Reason = Field(description="one of the reasons below")
    evidence: Any = Field(default=None, description="JSON: what the verdict rests on, such as the twin and its F, or "
                                                    "FILE:LINE")
    row: Any = Field(default=None, description="JSON: the row as it was, masked once the PII step has run")
