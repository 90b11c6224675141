"""One turn of a conversation."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["system", "user", "assistant"]


class Message(BaseModel):
    """What one side said in one turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role = Field(description="system, user or assistant")
    content: str = Field(description="what was said")
    reasoning_content: str | None = Field(default=None, description="thoughts of the model before it answered")
