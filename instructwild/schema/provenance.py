"""Where a row came from: the post a person wrote, or the model and prompt that made it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Origin(BaseModel):
    """A place where the row, or its exact twin, was found."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: str = Field(description="the reader that found it: x, discord, jsonl, ...")
    source: str = Field(description="the file or service, without any path of the machine it was read on")
    url: str | None = Field(default=None, description="the post's address, to credit its author")
    author: str | None = Field(default=None, description="salted hash of the author's name, never the name")
    license: str | None = Field(default=None, description="as the source states it")
    collected_at: str | None = Field(default=None, description="ISO 8601, when the post was written or else read")


class MadeBy(BaseModel):
    """The model call that made a row."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model: str = Field(description="its name, without any path")
    template: str | None = Field(default=None, description="the prompt template, such as en/chat")
    template_hash: str | None = Field(default=None, description="twelve hex digits of the template's sha256")
    sampling: dict[str, Any] = Field(default_factory=dict, description="JSON: how tokens were drawn; `answer` tells the "
                                                                      "same of an answer that another call made")
    request_id: str | None = Field(default=None, description="the endpoint's id of the call")
    usd: float = Field(default=0.0, description="what the call cost")
