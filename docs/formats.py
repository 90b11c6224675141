"""Writes the tables of docs/formats.md and its Chinese twin from the schemas: `python docs/formats.py`.

A table stands between `<!-- NAME -->` and `<!-- end -->`; the prose around it is written by hand. What the schemas say in
English, formats.zh-CN.yaml says in Chinese.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel

from instructwild.clean.judging import COLUMNS as ROW_JUDGEMENTS
from instructwild.expand.judges import COLUMNS as JUDGEMENTS
from instructwild.publish.gather import PREFERENCE
from instructwild.read.names import ANSWER_KEYS, PROMPT_KEYS
from instructwild.read.turns import ROLES
from instructwild.recipe.form import Recipe, StagePlan
from instructwild.schema import Candidate, Dropped, Instruction, Labels, MadeBy, Message, Origin, Ranking, RankingRow, Reason
from instructwild.stage.frames import DROPPED, INSTRUCTION, RANKING
from instructwild.stage.manifest import FileRecord, Manifest
from instructwild_trainer.evaluate.pairwise import COMPARED
from instructwild_trainer.evaluate.perplexity import MEASURED
from instructwild_trainer.evaluate.rewards import SCORED

PAGE, CHINESE = (Path(__file__).with_name(name) for name in ("formats.md", "formats.zh-CN.md"))
BLOCK = re.compile(r"(<!-- ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)

SAID = {
    "preference": {"id": "of the pair", "prompt": "the conversation before the answers", "chosen": "the better answer",
                   "rejected": "the worse one", "language": "BCP 47",
                   "annotator": "whose rankings: person, model or scripted",
                   "agreement": "the share of those rankings that say so",
                   "tools": "JSON: the tools that may be called, as OpenAI and TRL write them"},
    "judgements": {"id": "the row's id", "annotator": "who judged", "reading": "0, or 1 for the opposite order; of a reward "
                   "model the answer's place", "ranks": "what was read from the reply; null where it held no verdict",
                   "said": "the reply, or the score", "words": "twelve hex digits of the words it was asked in",
                   "request_id": "the endpoint's id of the call", "usd": "what the call cost"},
    "row judgements": {"id": "the row's id", "annotator": "who judged",
                       "reading": "0, or 1 where the first reply could not be read",
                       "verdict": "keep, a defect, or not_judged", "said": "the reply, or why there is none",
                       "words": "twelve hex digits of the words it was asked in",
                       "request_id": "the endpoint's id of the call", "usd": "what the call cost"},
    "perplexity": {"id": "the row's id", "response_id": "its answer's", "language": "as it is counted",
                   "bytes": "UTF-8 bytes of its answers",
                   "models": "for each model the summed loss of the answer tokens, in nats, and how many there are"},
    "reward": {"id": "the row's id", "response_id": "its answer's", "language": "as it is counted",
               "type": "its instruction type", "source": "the set it is from", "score": "the reward model's score"},
    "pairwise": {"category": "the prompt's instruction type, or `other`", "winner": "first, second or tie",
                 "consistent": "whether both readings gave the same verdict; null where the order cannot matter",
                 "said": "what the judge wrote, or the two scores"},
}
REASONS = {"reading": ("malformed", "media", "marked_bad"), "collect": ("not_a_prompt", "repost", "forgotten"),
           "expand, respond, evaluate": ("failed", "truncated", "refused", "bad_format", "wrong_language", "surplus"),
           "clean": ("empty", "language", "rule", "exact_duplicate", "near_duplicate", "contaminated", "pii", "edited"),
           "rankings, training, evaluate": ("too_few_candidates", "not_ranked", "too_long", "no_answer", "no_preference")}


def kind(dtype: pl.DataType | type[pl.DataType]) -> str:
    """A column's type in words."""
    if isinstance(dtype, pl.List):
        return f"list of {kind(dtype.inner)}"
    if isinstance(dtype, pl.Struct):
        return "{" + ", ".join(field.name for field in dtype.fields) + "}"
    names = {pl.String: "text", pl.Float64: "number", pl.Int64: "whole number", pl.Boolean: "true or false"}
    return next(said for one, said in names.items() if dtype == one)


def columns(schema: pl.Schema, said: Mapping[str, str] | type[BaseModel]) -> list[tuple[str, str, str]]:
    """(name, type, meaning) of every column; one without a meaning is an error."""
    told = said if isinstance(said, Mapping) else {name: field.description for name, field in said.model_fields.items()}
    missing = [name for name in schema if not told.get(name)]
    if missing:
        raise KeyError(f"no meaning for {', '.join(missing)}")
    return [(f"`{name}`", kind(dtype), str(told[name])) for name, dtype in schema.items()]


def fields(model: type[BaseModel], *, inside: pl.DataType | None = None) -> list[tuple[str, ...]]:
    """(name, meaning) of a model's fields, or (name, type, meaning) where they are columns of a struct."""
    if inside is not None:
        struct = inside.inner if isinstance(inside, pl.List) else inside
        assert isinstance(struct, pl.Struct)
        return columns(pl.Schema({field.name: field.dtype for field in struct.fields}), model)
    return [(f"`{field.alias or name}`", str(field.description)) for name, field in model.model_fields.items()]


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows)) + "\n"


COLUMN, FIELD = ("column", "type", "meaning"), ("field", "meaning")


def layouts() -> str:
    """The layouts that are read."""
    roles = [name for name, role in ROLES.items() if role == "user"], [name for name, role in ROLES.items()
                                                                       if role == "assistant"]
    named = [", ".join(f"`{name}`" for name in names) for names in (PROMPT_KEYS, ANSWER_KEYS, *roles)]
    return table(("layout", "recognised by", "becomes"), [
        ("ours, and messages", "`messages: [{role, content}, …]`", "as it is"),
        ("ShareGPT", "`conversations: [{from, value}, …]`", f"{named[2]} → user; {named[3]} → assistant"),
        ("Alpaca", "`instruction` with `input`, `output`, `history`", "input below the instruction, history before it"),
        ("prompt and answer", f"one of {named[0]}; the answer in one of {named[1]}", "one turn each"),
        ("Dolly, multiple choice, preferences, scored answers", "the prompt by one of the names above",
         "the prompt, and its answer where there is one; every other column is kept in `extra`"),
        ("Firefly, OpenAI's evals", "`input` with `target`, `ideal` or an answer", "one turn each"),
        ("BELLE, HH, Guanaco, MOSS", "turns labelled in the text, `chat` or `plain_text`", "the turns"),
        ("mt-bench", "`turns`, `reference`", "the turns; without references the first is the prompt"),
        ("OpenAI's batch lines, ChatGPT's export, Open Assistant's trees", "`body`, `mapping`, `prompt` with `replies`",
         "the conversation: of a tree the branch seen last, or of the best rank"),
        ("Anthropic's messages, Bedrock's conversations",
         "`messages` whose `content` is a list of blocks; `system` as blocks",
         "the turns: calls of tools join their turn, each result of a tool is a turn"),
        ("Gemini, Vertex AI", "`contents: [{role, parts}, …]` with `systemInstruction`", "the turns, as of blocks"),
        ("batch requests", "`params`, `request`, `modelInput`, `body`: a whole request",
         "its conversation, and the only answer that came back, beside it or in a file that is read with it"),
        ("SHP, SafeRLHF, arenas, MT-Bench, HelpSteer's pairs, WebGPT, Unified-Feedback, AlpacaFarm",
         "two answers and a verdict: `human_ref_A` and `labels`, `response_0` and `better_response_id`, `conversation_a` or "
         "`response_a` and `winner`, `response_1` and `preference_strength`, `response1` and `overall_preference`, "
         "`answer_0` and `score_0`, `conv_A` and `conv_A_rating`, `output_1` and `preference`", "the prompt; a ranking"),
        ("Argilla's exports", "`fields`, or columns `NAME.responses`; of version 1 lists of `{user_id, value, status}`",
         "the conversation in its fields; a ranking for each annotator"),
        ("calls of tools in text (Hermes, Qwen and Qwen-Coder, Mistral, Llama, DeepSeek, gpt-oss, Kimi, "
         "GLM, MiniMax, Granite, Phi, Command, LFM2)",
         "the syntax of the family's chat template, the tools in a column or between `<tools>` tags "
         "(JSON, or Qwen-Coder's XML)",
         "calls, tools and turns of tools, where every call can be parsed and names a tool, or, where no "
         "tools are named, a result follows it; arguments without types get those of the tool's schema; "
         "else the text as it is"),
        ("xLAM, Glaive", "`query`, `tools` and `answers` that are calls; `system` and `chat` with USER, ASSISTANT "
         "and FUNCTION RESPONSE", "the turns, their calls and tools"),
        ("exports of Claude, Open WebUI, LibreChat, DeepSeek", "`chat_messages`, `chat`, `mapping`, or `messages` with "
         "`isCreatedByUser`", "the conversation: of branches the one seen last"),
        ("files of AI Studio, LM Studio; exports of Grok and of Gemini (Takeout)",
         "`chunkedPrompt`; `messages` with `versions`; `conversation` with `responses`; `title` and "
         "`safeHtmlItem`",
         "the conversation: of branches and versions the one in use; answers in HTML as Markdown. Of "
         "Gemini's activity in other languages than English, what all titles begin and end with is cut "
         "off where there are eight or more, else titles stay whole"),
        ("SQuAD, CMRC",
         "`data` of `paragraphs` of `qas`, or `question`, `context` and `answers` with `answer_start`",
         "a question about its passage, and the answer that stands in it; several that differ stay in "
         "`extra`"),
        ("Copilot's history, Open WebUI's ratings",
         "`Conversation,Time,Author,Message`; `data.rating` with `snapshot`",
         "the messages of a chat from the oldest on; the chat up to the rated answer, and its mark"),
        ("UltraChat, distilabel", "`data`, a list of texts; `generation` beside `model_name`", "the turns"),
        ("plain text", "`text`", "a turn of the assistant without a prompt"),
        ("beside any of them", "`system`, `language`, `source`, `url`, `license`, `instruction_type` or `category`",
         "a system message, and the row's columns"),
    ])


def reasons() -> str:
    """Every reason, by who gives it."""
    known = {reason.value for reason in Reason}
    if known != {name for names in REASONS.values() for name in names}:
        raise KeyError("a reason stands in no group, or a group names one that is none")
    return table(("given by", "reasons"), [(by, ", ".join(f"`{name}`" for name in names)) for by, names in REASONS.items()])


TABLES: dict[str, Callable[[], str]] = {
    "layouts": layouts,
    "reasons": reasons,
    "manifest": lambda: table(FIELD, fields(Manifest)),
    "file record": lambda: table(FIELD, fields(FileRecord)),
    "dropped": lambda: table(COLUMN, columns(DROPPED, Dropped)),
    "instruction": lambda: table(COLUMN, columns(INSTRUCTION, Instruction)),
    "message": lambda: table(COLUMN, fields(Message, inside=INSTRUCTION["messages"])),
    "origin": lambda: table(COLUMN, fields(Origin, inside=INSTRUCTION["origin"])),
    "made by": lambda: table(COLUMN, fields(MadeBy, inside=INSTRUCTION["made_by"])),
    "labels": lambda: table(COLUMN, fields(Labels, inside=INSTRUCTION["labels"])),
    "ranking": lambda: table(COLUMN, columns(RANKING, RankingRow)),
    "candidate": lambda: table(COLUMN, fields(Candidate, inside=RANKING["candidates"])),
    "one ranking": lambda: table(COLUMN, fields(Ranking, inside=RANKING["rankings"])),
    "judgements": lambda: table(COLUMN, columns(JUDGEMENTS, SAID["judgements"])),
    "row judgements": lambda: table(COLUMN, columns(ROW_JUDGEMENTS, SAID["row judgements"])),
    "preference": lambda: table(COLUMN, columns(PREFERENCE, SAID["preference"])),
    "perplexity": lambda: table(COLUMN, columns(MEASURED, SAID["perplexity"])),
    "reward": lambda: table(COLUMN, columns(SCORED, SAID["reward"])),
    "pairwise": lambda: table(COLUMN, columns(pl.Schema({k: v for k, v in COMPARED.items() if k not in RANKING}),
                                              SAID["pairwise"])),
    "recipe": lambda: table(FIELD, fields(Recipe)),
    "stage plan": lambda: table(FIELD, fields(StagePlan)),
}


CODE = re.compile(r"(?:`[^`]+`|\{[^{}]*\})(?:, (?:`[^`]+`|\{[^{}]*\}))*")


def in_chinese(cell: str) -> str:
    """A cell of a table in Chinese: what stands in it as code stays.

    Raises:
        KeyError: formats.zh-CN.yaml does not say it.
    """
    code, said = iter(CODE.findall(cell)), CODE.sub("{}", cell)
    told = said if said in ("{}", "---") else WORDS[said]
    return re.sub(r"\{\}", lambda _: next(code).replace("`, `", "`、`"), told)


WORDS: dict[str, str] = yaml.safe_load(CHINESE.with_suffix(".yaml").read_text(encoding="utf-8"))


def rendered(page: str, translate: Callable[[str], str] = str) -> str:
    """The page with every table anew."""
    def one(found: re.Match[str]) -> str:
        lines = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in TABLES[found[2]]().splitlines()]
        return found[1] + "".join(f"| {' | '.join(map(translate, cells))} |\n" for cells in lines) + found[3]

    return BLOCK.sub(one, page)


if __name__ == "__main__":
    for file, translation in ((PAGE, str), (CHINESE, in_chinese)):
        file.write_text(rendered(file.read_text(encoding="utf-8"), translation), encoding="utf-8")
