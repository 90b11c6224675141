"""An instruction: a prompt for the model, written by a person (a seed) or made by a machine, with or without an answer."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from instructwild.schema.identity import content_id, response_id, turn_of
from instructwild.schema.message import Message
from instructwild.schema.provenance import MadeBy, Origin


class Labels(BaseModel):
    """What is said about a row without changing it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    type: str | None = Field(default=None, description="instruction type, one of InstructionWild's nine")
    risk: tuple[str, ...] = Field(default=(), description="risk tags, of InstructionWild's five")
    flags: tuple[str, ...] = Field(default=(), description="quality rules that flagged the row and kept it")


class Instruction(BaseModel):
    """One row of a dataset.

    `id` names the prompt (everything up to the last user turn) and `response_id` the answer after it; both follow from
    `messages` and are computed when they are not given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(default="", description="16 hex digits: sha256 over the canonical JSON (RFC 8785) of [[role, content in "
                                            "NFC], …] up to the last user turn")
    response_id: str | None = Field(default=None, description="the same over the answer after it; null without an answer")
    messages: tuple[Message, ...] = Field(min_length=1, description="the conversation; roles are system, user, "
                                                                                    "assistant, tool")
    language: str = Field(default="und", description="BCP 47: en, zh-Hans, zh-Hant, ja, …, und")
    origin: tuple[Origin, ...] = Field(default=(), description="where it was found; exact twins add theirs")
    parents: tuple[str, ...] = Field(default=(), description="ids of the rows it was made from")
    made_by: MadeBy | None = Field(default=None, description="the model call that made it; null for what people wrote")
    labels: Labels = Field(default=Labels(), description="what is said about it without changing it")
    scores: dict[str, float] = Field(default_factory=dict, description="numbers by name")
    tools: list[Any] | None = Field(default=None, description="JSON: the tools that may be called, as OpenAI and TRL write "
                                                              "them")
    extra: dict[str, Any] = Field(default_factory=dict, description="JSON: every input column that nothing reads, "
                                                                        "by its name")

    @model_validator(mode="before")
    @classmethod
    def _compute_ids(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and not fields.get("id") and fields.get("messages"):
            turns = [message.turn if isinstance(message, Message) else turn_of(message) for message in fields["messages"]]
            fields = {**fields, "id": content_id(turns), "response_id": response_id(turns)}
        return fields

    @property
    def prompt(self) -> tuple[Message, ...]:
        """The messages up to and including the last user turn."""
        last = max((i for i, message in enumerate(self.messages) if message.role == "user"), default=-1)
        return self.messages[: last + 1]

    @property
    def context(self) -> tuple[Message, ...]:
        """What the last answer follows: the messages up to and including the last turn of a user or of a tool."""
        last = max((i for i, message in enumerate(self.messages) if message.role in ("user", "tool")), default=-1)
        return self.messages[: last + 1]

    @property
    def answer(self) -> Message | None:
        """The turn of the assistant that ends the conversation, with words or calls of tools; None where there is none."""
        last = self.messages[-1]
        return last if last.role == "assistant" and (last.content or last.tool_calls) else None

    @property
    def response(self) -> str | None:
        """The answer after the last user turn, or None where there is none."""
        after = self.messages[len(self.prompt):]
        return after[-1].content if after else None

    def answered(self, answer: str | Message, **changes: Any) -> "Instruction":
        """The same context with another answer, a text or a turn of the assistant; `changes` replace other fields."""
        messages = (*self.context, Message(role="assistant", content=answer) if isinstance(answer, str) else answer)
        turns = [message.turn for message in messages]
        return self.model_copy(update={"messages": messages, "response_id": response_id(turns), **changes})


def instruction_of(text: str, **fields: Any) -> Instruction:
    """A single-turn instruction without an answer."""
    return Instruction(messages=(Message(role="user", content=text),), **fields)


def prompt_text(messages: Iterable[Message]) -> str:
    """All turns but the assistant's up to the last user turn, joined by newlines: the text that duplicates are judged on."""
    turns = list(messages)
    last = max((i for i, message in enumerate(turns) if message.role == "user"), default=-1)
    return "\n".join(message.content for message in turns[: last + 1] if message.role != "assistant")
