"""Ollama's Modelfile: the chat template in Go's language where that can say the same, stop tokens, sampling defaults."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instructwild.errors import ModelError
from instructwild_trainer.templates import Chat

SYSTEM, FIRST, ANSWER, SECOND = "\ue000", "\ue001", "\ue002", "\ue003"
"""Stand for texts in a rendered conversation: characters of private use, which no template writes."""
PARAMETERS = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "min_p": "min_p",
              "repetition_penalty": "repeat_penalty"}


@dataclass(frozen=True)
class GoTemplate:
    """What stands around the texts of each role.

    Args:
        begin: before everything.
        around: role -> what stands before and after its text.
        prompt: where an answer begins.
        default_system: what the template says as system where a conversation does not.
    """

    begin: str
    around: Mapping[str, tuple[str, str]]
    prompt: str
    default_system: str

    def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """As Ollama would write a conversation."""
        if self.default_system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": self.default_system}, *messages]
        texts = (self.around[message["role"]] for message in messages)
        return self.begin + "".join(before + message["content"] + after
                                    for message, (before, after) in zip(messages, texts, strict=True)) + self.prompt

    def text(self) -> str:
        """In Go's template language."""
        branches = "".join(f'{{{{ {"else " if number else ""}if eq .Role "{role}" }}}}{before}{{{{ .Content }}}}{after}'
                           for number, (role, (before, after)) in enumerate(self.around.items()))
        return f"{self.begin}{{{{ range .Messages }}}}{branches}{{{{ end }}}}{{{{ end }}}}{self.prompt}"


def modelfile(chat: Chat, file: str, sampling: Mapping[str, float | int]) -> str:
    """The text of a Modelfile.

    Args:
        chat: the model's tokenizer with its template.
        file: the GGUF file's name.
        sampling: generation defaults, as generation_config.json names them.
    """
    template = go_template(chat)
    lines = [f"FROM ./{file}"]
    if template is None:
        lines.append("# Ollama's template language cannot say what the file's chat template says, so none is given here: "
                     "Ollama chooses one by itself. Compare its prompts with the file's own, or use llama-server.")
    else:
        lines.append(f'TEMPLATE """{template.text()}"""')
        if template.default_system:
            lines.append(f'SYSTEM """{template.default_system}"""')
    lines += [f"PARAMETER stop {json.dumps(chat.tokenizer.decode([stop]), ensure_ascii=False)}" for stop in chat.stop_ids]
    lines += [f"PARAMETER {PARAMETERS[key]} {value}" for key, value in sampling.items()]
    return "\n".join(lines) + "\n"


def go_template(chat: Chat) -> GoTemplate | None:
    """The chat template as what stands around each role's text; None where that does not write the same conversations."""
    stops = [chat.tokenizer.decode([stop]) for stop in chat.stop_ids]
    try:
        whole = chat.prompt_text(_turns(SYSTEM, FIRST, ANSWER, SECOND))
        alone = chat.prompt_text([{"role": "user", "content": FIRST}])
        begin, rest = whole.split(SYSTEM)
        system_to_user, rest = rest.split(FIRST)
        user_to_answer, rest = rest.split(ANSWER)
        answer_to_user, prompt = rest.split(SECOND)
        before_alone = alone.split(FIRST)[0]
    except (ModelError, ValueError):
        return None
    if user_to_answer != prompt:
        return None
    after_answer, before_user = _after_stop(answer_to_user, stops)
    if not system_to_user.endswith(before_user) or not before_alone.endswith(before_user):
        return None
    after_system = system_to_user[:len(system_to_user) - len(before_user)]
    lead = before_alone[:len(before_alone) - len(before_user)]
    stated = lead.startswith(begin) and lead.endswith(after_system)
    default = lead[len(begin):len(lead) - len(after_system)] if stated else ""
    bos = chat.tokenizer.bos_token or ""
    start = bos if bos and begin.startswith(bos) and lead.startswith(bos) and not default else ""
    after_user, before_answer = _after_stop(prompt, stops)
    around = {"system": (begin[len(start):], after_system), "user": (before_user, after_user),
              "assistant": (before_answer, after_answer)}
    template = GoTemplate(start, around, before_answer, default)
    samples = [_turns("s", "u", "a", "b"), _turns("s", "u"), _turns("", "u", "a", "b")[1:], _turns("", "u")[1:],
               _turns("", "u {{ x }}", "第一\n行", "b", "c", "d")[1:]]
    return template if all(template.render(sample) == chat.prompt_text(sample) for sample in samples) \
        and '"""' not in template.text() and "{{" not in "".join(map("".join, around.values())) else None


def _turns(system: str, *texts: str) -> list[dict[str, str]]:
    turns = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]
    return [{"role": "system", "content": system}, *turns]


def _after_stop(text: str, stops: Sequence[str]) -> tuple[str, str]:
    """A text parted after its last stop token and the line breaks that follow it."""
    end = max((text.rfind(stop) + len(stop) for stop in stops if stop in text), default=0)
    while end and text[end:end + 1] == "\n":
        end += 1
    return text[:end], text[end:]
