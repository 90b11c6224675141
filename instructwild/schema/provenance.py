"""Where a row came from: the post a person wrote, or the model and prompt that made it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Origin(BaseModel):
    """A place where the row, or its exact twin, was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(description="the reader that found it: x, discord, jsonl, ...")
    source: str = Field(description="the file or service, without any path of the machine it was read on")
    url: str | None = None
    author: str | None = Field(default=None, description="salted hash of the author's name, never the name")
    license: str | None = None
    collected_at: str | None = Field(default=None, description="ISO 8601, when the post was written or else read")


class MadeBy(BaseModel):
    """The model call that made a row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    template: str | None = None
    template_hash: str | None = None
    sampling: dict[str, Any] = Field(default_factory=dict)
    request_id: str | None = None
    usd: float = 0.0
