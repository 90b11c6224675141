"""A conversation as the text that a chat template writes: thoughts, tool calls and tools included, errors in one form."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instructwild.errors import ModelError
from instructwild.llm.template_limit import BROKEN, TemplateTimeoutError, limited_rendering
from instructwild.schema.columns import MESSAGE_FIELDS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

REMEDY = "give another template with --chat-template FILE"
TOOLS_REMEDY = ("give a template that writes tools with --chat-template FILE, take a model that has one, or leave these "
                "rows out")
QUESTION, ANSWER, NEXT = "qq", "zz", "ww"
"""What stands in a conversation by which a template is asked how it writes one."""
FORMS: tuple[tuple[bool, str | None], ...] = ((False, ""), (True, ""), (False, None), (True, None))
"""Ways of giving tool calls to a template: whether arguments are JSON text, and what stands for empty content."""
THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "thought")
"""Names under which templates read the thoughts of an answer."""
PROBE_TOOL: dict[str, Any] = {"type": "function", "function": {"name": "lookup", "description": "Looks up.", "parameters": {
    "type": "object", "properties": {"key": {"type": "string", "description": "What to look up."}}, "required": ["key"]}}}
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
Turn = Mapping[str, Any]


@dataclass(frozen=True)
class Renderer:
    """A tokenizer's chat template, called the same way for training, rollouts, answers in this process and serving."""

    tokenizer: "PreTrainedTokenizerBase"
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Further variables of the template, such as `enable_thinking`; see `thinking.template_fields`."""
    whole: bool = True
    """Whether a template that leaves out calls of tools is refused; else it writes the conversation without them."""

    def text(self, messages: Sequence[Turn], *, prompt: bool = False, tools: Sequence[Any] | None = None) -> str:
        """The conversation as text; `prompt` adds what the template writes before an answer.

        Templates disagree on how tool calls look: arguments as an object or as JSON text, content that is empty or null. The
        first form in which every called function is written counts.

        Raises:
            ModelError: the template does not write this conversation in any form.
        """
        text = self._text(messages, prompt, tools)
        answered = not prompt and bool(messages) and messages[-1]["role"] == "assistant"
        return text.removesuffix(self._appended) if answered else text

    def _text(self, messages: Sequence[Turn], prompt: bool, tools: Sequence[Any] | None) -> str:
        if not any(turn.get("tool_calls") for turn in messages):
            return self._render(messages, prompt, tools)
        problems: list[ModelError] = []
        readable: tuple[bool, str | None] | None = None
        for form in FORMS:
            try:
                if self._writes_calls(messages, form, prompt, tools):
                    return self._render([_in_form(turn, *form) for turn in messages], prompt, tools)
                readable = readable or form
            except ModelError as error:
                problems.append(error)
        if readable is None:
            raise problems[0]
        if not self.whole:
            return self._render([_in_form(turn, *readable) for turn in messages], prompt, tools)
        raise ModelError("the chat template leaves out calls of tools (tool_calls): answers would be trained without them",
                         where=self.name, remedy=TOOLS_REMEDY)

    def _writes_calls(self, messages: Sequence[Turn], form: tuple[bool, str | None], prompt: bool,
                      tools: Sequence[Any] | None) -> bool:
        """Whether every call is written: seen under names that stand nowhere else."""
        calls = [call for turn in messages for call in turn.get("tool_calls") or ()]
        marks = {id(call): f"zqcall{number}zq" for number, call in enumerate(calls)}
        marked = [{**turn, "tool_calls": [{**call, "function": {**call["function"], "name": marks[id(call)]}}
                                          for call in turn["tool_calls"]]} if turn.get("tool_calls") else turn
                  for turn in messages]
        text = self._render([_in_form(turn, *form) for turn in marked], prompt, tools)
        return all(mark in text for mark in marks.values())

    @cached_property
    def _appended(self) -> str:
        """What a template writes behind the last turn whatever that is; mostly empty.

        A generation prompt, although none is asked for: seen where a question's text is the same with a prompt and without,
        and the answer follows it directly. Or an instruction to the model: seen by its words, behind a question too.
        """
        question = [{"role": "user", "content": QUESTION}]
        dialogue = [*question, {"role": "assistant", "content": ANSWER}]
        for tools in (None, [PROBE_TOOL]):     # some templates write only conversations with tools
            with suppress(ModelError):
                start, whole, longer = (self._render(turns, False, tools)
                                        for turns in (question, dialogue, [*dialogue, *question]))
                prompt = self._render(question, True, tools)
                break
        else:
            return ""
        behind, next_turn = (text.rpartition(ANSWER)[2] for text in (whole, longer))
        shared = behind[:common_start(behind, next_turn)]
        tokens = [match.span() for match in self.special.finditer(shared)]
        ends = 0 if not tokens else tokens[0][1] if len(tokens) == 1 else tokens[-1][0]    # the last begins the next header
        appended = behind[ends:].lstrip()
        if ANSWER not in whole or not appended.strip() or not start.endswith(appended):
            return ""
        if start == prompt:
            return appended if whole.startswith(start) and whole[len(start):].lstrip().startswith(ANSWER) else ""
        return appended if self.special.sub("", appended).strip() else ""

    @cached_property
    def special(self) -> "re.Pattern[str]":
        """The tokenizer's special tokens as text."""
        tokenizer = self.tokenizer
        added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
        every = sorted({*added, *tokenizer.all_special_tokens}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, every)) or r"(?!)")

    @cached_property
    def _special_variables(self) -> dict[str, Any]:
        """Special tokens by a name that transformers 5 no longer gives to templates, and older ones rely on."""
        tokens = [str(token) for token in getattr(self.tokenizer, "extra_special_tokens", None) or ()]
        return {"additional_special_tokens": tokens} if tokens else {}

    def check(self, where: str = "") -> None:
        """Read the template, or each of several that have names.

        Args:
            where: the file that it comes from, for the message; else the model's name stands there.

        Raises:
            ModelError: one is not valid Jinja.
        """
        from jinja2 import TemplateSyntaxError
        from transformers.utils.chat_template_utils import _compile_jinja_template

        template = self.tokenizer.chat_template
        for name, text in (template.items() if isinstance(template, dict) else [("", template)]):
            try:
                _compile_jinja_template(str(text))
            except TemplateSyntaxError as error:
                which = f"chat template {name!r}" if name else "chat template"
                raise ModelError(f"the {which} is not valid Jinja (line {error.lineno}: {error.message})",
                                 where=where or self.name,
                                 remedy=f"correct that line, or {REMEDY}") from None

    def _render(self, messages: Sequence[Turn], prompt: bool, tools: Sequence[Any] | None) -> str:
        if self._wants_parts:
            messages = [_as_parts(turn) for turn in messages]
        if any("reasoning_content" in turn for turn in messages) and self._thought_field != "reasoning_content":
            messages = [_renamed(turn, self._thought_field) for turn in messages]
        return self._call(messages, prompt, tools, self.variables)

    @cached_property
    def _thought_field(self) -> str:
        """The first of `THOUGHT_FIELDS` that the template writes; the first of all where it writes none."""
        for name in THOUGHT_FIELDS:
            turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER, name: "zqthoughtzq"}]
            try:
                written = self._call([_as_parts(turn) for turn in turns] if self._wants_parts else turns, False, None,
                                     self.variables)
            except ModelError:
                continue
            if "zqthoughtzq" in written:
                return name
        return THOUGHT_FIELDS[0]

    @cached_property
    def _wants_parts(self) -> bool:
        """Whether content must be a list of parts, as templates of models that see pictures may want it."""
        plain = [{"role": "user", "content": "zq"}]
        try:
            if "zq" in self._call(plain, True, None, {}):
                return False
        except ModelError:
            pass
        try:
            return "zq" in self._call([_as_parts(turn) for turn in plain], True, None, {})
        except ModelError:
            return False

    def _call(self, messages: Sequence[Turn], prompt: bool, tools: Sequence[Any] | None,
              variables: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError

        def written(tools: Sequence[Any] | None) -> str:
            with limited_rendering(self.name):
                return str(self.tokenizer.apply_chat_template(
                    [dict(turn) for turn in messages], tools=list(tools) if tools else None, tokenize=False,
                    add_generation_prompt=prompt, **{**self._special_variables, **variables}))

        errors = (TemplateError, TypeError, ValueError, LookupError, AttributeError, *BROKEN)
        try:
            return written(tools)
        except TemplateTimeoutError:
            raise
        except errors as error:
            with_tools = ""
            with suppress(*errors):
                with_tools = "" if tools else written([PROBE_TOOL])
            if with_tools:
                raise ModelError("the chat template writes only conversations with tools, and this one has none",
                                 where=self.name, remedy="give the model's template for plain conversations with "
                                 "--chat-template FILE, or rows with tools") from None
            of_tools = [words for words, there in (
                ("calls of tools (tool_calls)", any(turn.get("tool_calls") for turn in messages)),
                ("results of tools (turns of the role tool)", any(turn["role"] == "tool" for turn in messages))) if there]
            if of_tools:
                raise ModelError(f"the chat template cannot write this conversation, which holds {' and '.join(of_tools)}; "
                                 f"its own words: {error}", where=self.name, remedy=TOOLS_REMEDY) from None
            if variable := _UNDEFINED.fullmatch(str(error)):
                raise ModelError(f"the chat template reads a variable {variable[1]!r}, which neither messages nor tools set",
                                 where=self.name, remedy=REMEDY) from None
            raise ModelError(f"the chat template cannot write this conversation ({error})", where=self.name,
                             remedy=REMEDY) from None

    @property
    def name(self) -> str:
        """The model folder's name, for messages."""
        return Path(self.tokenizer.name_or_path).name or "the tokenizer"


def turns(messages: Any) -> list[dict[str, Any]]:
    """Schema messages, or dicts, as the plain dicts that templates read; fields that hold nothing are left out."""
    plain_turns = []
    for message in messages:
        read = message.get if isinstance(message, Mapping) else lambda key, of=message: getattr(of, key, None)
        turn = {key: value for key in MESSAGE_FIELDS if (value := read(key)) not in (None, "", [], ())}
        calls = _calls(turn.pop("tool_calls", None))
        plain_turns.append({"role": turn.pop("role"), "content": turn.pop("content", ""), **turn,
                      **({"tool_calls": calls} if calls else {})})
    return plain_turns


def tools_of(value: Any) -> list[Any] | None:
    """The `tools` of a row: a list, or one as JSON text; None where there are none."""
    if isinstance(value, str):
        value = json.loads(value) if value.strip() else None
    return list(value) or None if value is not None else None


def _calls(value: Any) -> list[dict[str, Any]]:
    """Tool calls in OpenAI's layout, arguments as an object; a list, or one as JSON text."""
    calls = json.loads(value) if isinstance(value, str) and value.strip() else value or []
    return [_call(call if isinstance(call, Mapping) else call.model_dump()) for call in calls]


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = dict(call.get("function") or {key: call[key] for key in ("name", "arguments") if key in call})
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        try:
            function["arguments"] = json.loads(arguments) if arguments.strip() else {}
        except ValueError:
            function["arguments"] = arguments    # no JSON: the template gets the text as it is
    rest = {key: value for key, value in call.items() if key not in ("function", "name", "arguments") and value is not None}
    return {"type": "function", **rest, "function": function}


def _as_parts(turn: Turn) -> Turn:
    return {**turn, "content": [{"type": "text", "text": turn["content"]}] if turn["content"] else []}


def _renamed(turn: Turn, field: str) -> Turn:
    """The turn, its thoughts under another name."""
    return {field if key == "reasoning_content" else key: value for key, value in turn.items()}


def _in_form(turn: Turn, as_text: bool, empty: str | None) -> Turn:
    if not turn.get("tool_calls"):
        return turn
    calls = [{**call, "function": {**call["function"], "arguments": _argument_text(call["function"].get("arguments"))}}
             for call in turn["tool_calls"]] if as_text else turn["tool_calls"]
    return {**turn, "content": turn["content"] or empty, "tool_calls": calls}


def _argument_text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def common_start(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return next((i for i, (left, right) in enumerate(zip(a, b, strict=False)) if left != right), min(len(a), len(b)))
