"""One turn of a conversation."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Role = Literal["system", "user", "assistant"]


class Message(BaseModel):
    """What one side said in one turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    content: str
