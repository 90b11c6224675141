"""The chat templates that TRL ships, tokenizers for them, random conversations, and what must hold of every example.

Read by the tests and by `python docs/templates.py`, which writes the table of docs/templates.md from a run: its own, or the
slow tests', which leave their counts in the file that the variable TEMPLATE_COUNTS names.
"""

import json
import os
import random
import re
from pathlib import Path

from instructwild.errors import ModelError
from instructwild_trainer.templates import IGNORED, ready

SPECIAL = re.compile(r"<\|?[A-Za-z_▁｜/][A-Za-z_▁｜0-9/]*\|?>|\[gMASK\]|\[/?INST\]|<[a-z_]+\|>|<\|[a-z_]+>")
ENDS = {"cohere": "<|END_OF_TURN_TOKEN|>", "deepseek": "<｜end▁of▁sentence｜>", "gptoss": "<|return|>",
        "glm": "<|endoftext|>", "llama3": "<|eot_id|>", "llava": "</s>", "phi": "<|endoftext|>",
        "muse": "<|eot|>", "gemma4": "<turn|>",
        "gemma": "<eos>", "diffusion": "<turn|>", "idefics": "<end_of_utterance>", "smolvlm": "<end_of_utterance>"}
"""Which token each family's tokenizer calls the end of text; `<|im_end|>` where none is named."""
WORDS = ["tide", "harbour", "knots", "the", "of", "slack", "water", "潮汐", "在港口", "绳结", "苹果",
         "🌊", "é", "42", "x = 1", "- item"]
TOOL = {"type": "function", "function": {"name": "tide_table", "description": "Times of a harbour.", "parameters": {
    "type": "object", "properties": {"harbour": {"type": "string"}}, "required": ["harbour"]}}}


def names():
    """Every template that TRL ships for use; those for its own trainer are made from them."""
    import trl

    folder = Path(trl.__file__).parent / "chat_templates"
    return sorted(path.stem for path in folder.glob("*.jinja") if not path.stem.endswith("_training"))


def template_of(name):
    import trl

    return (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def chat_of(name, reasoning="auto"):
    """A byte-level BPE tokenizer with the template's special tokens, fit for training."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    own = Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    own.train_from_iterator([" ".join(WORDS) + "\n\n\n", *WORDS, "\n\n"] * 4, trainers.BpeTrainer(
        vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    end = next((end for family, end in ENDS.items() if name.startswith(family)), "<|im_end|>")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=own, bos_token="<bos>", eos_token=end, pad_token="<pad>")
    template = template_of(name)
    special = sorted(set(SPECIAL.findall(template)) - {end, "<bos>", "<pad>"})
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.chat_template = template
    return ready(tokenizer, reasoning=reasoning)


def text(rng, mark=""):
    """Some words in two languages, with newlines and spaces anywhere."""
    body = "".join(rng.choice(["", " ", "\n", "\n\n"]) + rng.choice(WORDS) for _ in range(rng.randint(1, 6)))
    return rng.choice(["", "", "\n", "\n\n", " ", "  "]) + mark + body + rng.choice(["", "", "\n", " "])


def conversation(rng):
    """One to six answered questions, perhaps with a system message, thoughts, and a tool that is called: messages, tools."""
    messages = [{"role": "system", "content": text(rng).strip()}] if rng.random() < 0.3 else []
    tools = None
    for number in range(rng.randint(1, 6)):
        messages.append({"role": "user", "content": text(rng, f"ASKED{number} ")})
        if rng.random() < 0.15:
            tools = [TOOL]
            call = {"type": "function", "id": f"call{number:05d}", "function": {
                "name": "tide_table", "arguments": {"harbour": rng.choice(WORDS)}}}
            messages += [{"role": "assistant", "content": "", "tool_calls": [call]},
                         {"role": "tool", "name": "tide_table", "tool_call_id": call["id"], "content": f"REPLY{number}"}]
        answer = {"role": "assistant", "content": text(rng, f"ANSWER{number} ")}
        if rng.random() < 0.3:
            answer["reasoning_content"] = f"THOUGHT{number} {rng.choice(WORDS)}"
        messages.append(answer)
    return messages, tools


def refused(chat, messages, tools):
    """Why a template cannot write a conversation, seen on its text alone; empty where it can.

    DeepSeek-V3's, for one, writes a second tool call without the header that its generation prompt ends in. What is written
    otherwise once it is answered may be trained all the same, behind the prompt as it is at use.
    """
    from instructwild.llm.rendering import Renderer

    renderer = Renderer(chat.tokenizer)
    try:
        for i, message in enumerate(messages):
            if message["role"] == "assistant":
                prompt = re.sub(r"<think>\s*(</think>\s*)?$", "", renderer.text(messages[:i], prompt=True, tools=tools))
                if not renderer.text(messages[:i + 1], tools=tools).startswith(prompt):
                    return "an answer is not written after its generation prompt"
    except ModelError as error:
        return error.what
    return ""


def holds(chat, messages, tools):
    """Whether a conversation is trained, and rightly so (see `check`); where it is not, its text must say why."""
    try:
        check(chat, messages, tools)
    except ModelError:
        assert refused(chat, messages, tools)
        return False
    return True


def check(chat, messages, tools):
    """That every answer is trained on after its prompt as it is at use, token for token; the number of examples.

    The prompt is written and encoded here as generation does it, without the code that makes examples.
    """
    tokenizer = chat.tokenizer
    examples = chat.examples(messages, tools)
    answers = [i for i, message in enumerate(messages) if message["role"] == "assistant"]
    rest = list(examples)
    spans = 0
    for i in answers:
        prompt = tokenizer(chat.prompt_text(messages[:i], tools), add_special_tokens=False)["input_ids"]
        while rest and not begins(rest[0], prompt):
            rest.pop(0)
        assert rest, f"no example begins with the prompt of answer {i}"
        labels = rest[0].labels[len(prompt):]
        start = next(j for j, label in enumerate(labels) if label != IGNORED)
        end = next((j for j in range(start, len(labels)) if labels[j] == IGNORED), len(labels))
        trained = tokenizer.decode(labels[start:end])
        assert labels[start:end] == rest[0].input_ids[len(prompt) + start:len(prompt) + end]
        assert labels[end - 1] in chat.stop_ids, trained
        assert messages[i]["content"].strip() in trained, (messages[i]["content"], trained)
        assert not re.search(r"ASKED|REPLY", trained), trained
        assert not re.search(r"<think>\s*</think>", trained), trained
        before = tokenizer.decode(rest[0].input_ids[len(prompt):len(prompt) + start])
        assert not re.search(r"ASKED|REPLY|ANSWER|THOUGHT", before), before
        for call in messages[i].get("tool_calls", ()):
            assert call["function"]["name"] in trained, trained
            assert call["function"]["arguments"]["harbour"] in trained or json.dumps(
                call["function"]["arguments"]["harbour"])[1:-1] in trained, trained
        spans += 1
    assert sum(len(example.spans()) for example in examples) == spans
    return len(examples)


def begins(example, prompt):
    """Whether an example begins with a prompt and trains an answer right behind it."""
    size = len(prompt)
    return example.input_ids[:size] == prompt and any(label != IGNORED for label in example.labels[size:])


def conversations(seed, count):
    """A seeded list of random conversations."""
    rng = random.Random(seed)
    return [conversation(rng) for _ in range(count)]


def outcome(name, count):
    """Of so many random conversations of a template: how many were trained as at use, and how many it does not write."""
    chat = chat_of(name)
    trained = sum(holds(chat, messages, tools) for messages, tools in conversations(name, count))
    if path := os.environ.get("TEMPLATE_COUNTS"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, "equal": trained, "refused": count - trained}) + "\n")
    return trained, count - trained


def counts_in(path):
    """What `outcome` wrote of each template; the last line of a name counts."""
    lines = map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())
    return {line["name"]: (line["equal"], line["refused"]) for line in lines}
