"""Names of columns: those that are read, whatever their case, and those that `--map NAME=COLUMN` names."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from instructwild.errors import ConfigError
from instructwild.read.marks import KTO, are_classes

PROMPT_KEYS = ("instruction", "prompt", "question", "query", "user_input")
ANSWER_KEYS = ("output", "response", "completion", "answer")
CONVERSATION_KEYS = ("messages", "conversations", "conversation")
MAPPED = {"messages": "messages", "system": "system", "prompt": "instruction", "input": "input", "answer": "output",
          "reasoning": "reasoning_content", "chosen": "chosen", "rejected": "rejected", "label": "label",
          "language": "language", "id": "id"}
"""NAME of `--map NAME=COLUMN`, and the column it is read as."""
PAIR = ("chosen", "rejected")
PAIRS = (("chosen_response", "rejected_response"), ("response_chosen", "response_rejected"), ("response_j", "response_k"),
         ("answer_winning", "answer_losing"))
"""Other names of a pair, where both are there: Argilla, DeepSpeed-Chat, StackExchange's pairs, turbo-alignment."""
UNREAD = "\0"
"""Before the name of a column that another one replaces: it is never read."""
SAME_ROLE = {"instruction": PROMPT_KEYS, "output": ANSWER_KEYS, "messages": CONVERSATION_KEYS}
KNOWN = frozenset({
    *PROMPT_KEYS, *ANSWER_KEYS, *CONVERSATION_KEYS, *MAPPED.values(), "source", "url", "license", "instruction_type",
    "category", "special_tag", "origin", "parents", "made_by", "labels", "scores", "history", "tools", "functions", "extra",
    "response_id", "candidates", "rankings", "score", "preferred_output", "non_preferred_output", "completions",
    "responses", "answers", "generations", "outputs", "kto_tag", "target", "ideal", "text", "turns", "reference", "chat",
    "meta_instruction", "plain_text", "mapping", "body", "contents", "systemInstruction", "params", "human_ref_A",
    "human_ref_B", "response_0", "response_1", "conversation_a", "conversation_b", "response_a", "response_b", "winner",
    *(name for pair in PAIRS for name in pair)})

NAMES_A_ROW = re.compile(r"(?:.*[_ -])?(?:[a-z]{0,6}id|idx|index|hash)\d*|unnamed: \d+|编号|序号|")
LIKELY = {
    "prompt": ("problem", "问题", "提问", "指令", "题目", "提示", "输入", "request", "ask", "title", "q", "human", "user",
               "stem", "text", "inputs", "user_prompt", "input", "input_text", "text_input", "user_input", "提問", "問題",
               "質問", "질문", "pregunta", "frage", "pergunta", "domanda", "вопрос", "instrucción", "anweisung", "指示",
               "السؤال", "سؤال", "प्रश्न", "câu hỏi", "pertanyaan", "soru", "domande", "vraag", "pytanie"),
    "answer": ("solution", "回答", "答案", "回复", "输出", "答复", "reply", "target", "ideal", "a", "assistant", "bot",
               "targets", "label_text", "output_text", "gold", "outputs", "generated_text", "model_output", "generation",
               "réponse", "reponse", "respuesta", "antwort", "resposta", "risposta", "ответ", "答え", "답변", "回應", "解答",
               "الجواب", "جواب", "الإجابة", "إجابة", "उत्तर", "câu trả lời", "jawaban", "cevap", "antwoord", "odpowiedź",
               "解析", "content"),
    "reasoning": ("reasoning", "thinking", "thoughts", "thought", "think", "cot", "complex_cot", "chain_of_thought",
                  "reasoning_trace", "rationale", "思考", "思维链", "推理", "推理过程"),
    "system": ("系统", "system_prompt", "meta_instruction", "系统提示", "sys_prompt", "system_message"),
    "input": ("上下文", "背景", "context", "passage"),
    "chosen": ("better", "preferred", "accepted", "winner", "good", "positive", "pos_resp", "pos", "best", "更好", "较好",
               "优选", "选中"),
    "label": ("is_good", "is_correct", "correct", "desirable", "is_preferred", "is_accepted", "accepted",
              "thumbs_up", "liked", "是否正确", "是否合格", "点赞", "好坏"),
    "rejected": ("worse", "dispreferred", "loser", "bad", "negative", "neg_resp", "neg", "worst", "更差", "较差",
                 "拒绝", "未选中"),
}
"""Columns that a message proposes for a name; none of them is read before a person says so."""


def parse_map(pairs: Iterable[str], names: Collection[str] = MAPPED) -> dict[str, str]:
    """`NAME=COLUMN` pairs of the command line, NAME one of `names`.

    Raises:
        ConfigError: a pair has no `=`, or an unknown or repeated NAME.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        name = name.strip().lower()
        if not equals or not column or name not in names:
            raise ConfigError(f"{pair!r} names no column", where="--map",
                              remedy=f"write NAME=COLUMN, with NAME one of {', '.join(names)}")
        if name in mapping:
            raise ConfigError(f"{name!r} is named twice", where="--map", remedy="name one column for it")
        mapping[name] = column
    return mapping


class ColumnNames:
    """Which column of a row is read as what, in one file.

    Args:
        mapping: NAME -> COLUMN, as `parse_map` gives it.
    """

    def __init__(self, mapping: Mapping[str, str] | None = None) -> None:
        self.mapping = dict(mapping or {})
        self._plain: dict[str, str] = {}
        self._label_is_class = False

    def __bool__(self) -> bool:
        return bool(self.mapping)

    def look_at_labels(self, values: Iterable[Any]) -> None:
        """Take a column `label` for classes of some other kind where its values are not those of good and bad alone.

        A column that `--map label=` names is never taken for classes.
        """
        self._label_is_class = self._label_is_class or ("label" not in self.mapping and are_classes(values))

    def renames(self, keys: Sequence[str]) -> dict[str, str]:
        """Column -> the name it is read as, for the columns that are read under another name than their own.

        A column whose name would be read, but that a mapped one replaces, is renamed to what is never read.
        """
        changed: dict[str, str] = {}
        if self.mapping:
            present = {column: MAPPED[name] for name, column in self.mapping.items() if column in keys}
            for read_as in present.values():
                for other in (*SAME_ROLE.get(read_as, ()), read_as):
                    if other in keys and other not in present:
                        changed[other] = UNREAD + other
            changed |= {column: read_as for column, read_as in present.items() if column != read_as}
        for sides in PAIRS:
            if all(side in keys and side not in changed for side in sides) and not any(
                    side in keys or side in changed.values() for side in PAIR):
                changed |= dict(zip(sides, PAIR, strict=True))
        for key in keys:
            if key not in KNOWN and key not in changed:
                folded = self._folded(key)
                if folded in KNOWN and folded not in keys and folded not in changed.values():
                    changed[key] = folded
        if self._label_is_class:
            changed |= {key: UNREAD + key for key in keys if changed.get(key, key) == "label"}
        return changed

    def _folded(self, key: str) -> str:
        if len(self._plain) > 10_000:
            self._plain.clear()
        return self._plain.setdefault(key, key.strip().lstrip("\ufeff").lower())


def proposed(columns: Iterable[str]) -> dict[str, str]:
    """NAME -> COLUMN that a person probably means, by the columns' names alone; nothing where they only number rows."""
    names = [str(column) for column in columns]
    likely: dict[str, str] = {}
    of_letters = {"q", "a"} <= {column.strip().lower() for column in names}
    for name in (name for name in LIKELY if name != "label"):
        words = [word for word in (*LIKELY[name], *SAME_ROLE.get(MAPPED[name], ())) if of_letters or word not in ("q", "a")]
        match = next((column for word in words for column in names if column.strip().lower() == word), None) or next(
            (column for word in words if len(word) > 1 for column in names if word in column.lower()), None)
        if match is not None and match not in likely.values():
            likely[name] = match
    free = [column for column in names if column not in likely.values()
            and NAMES_A_ROW.fullmatch(column.strip().lower()) is None]
    if "prompt" not in likely and free:
        likely["prompt"] = free.pop(0)
    if "answer" not in likely and len(free) == 1 and not {*PAIR} & {*likely}:           # the other one of two columns
        likely["answer"] = free[0]
    named = ("system", "prompt", "input", "answer", "chosen", "rejected")
    return {name: likely[name] for name in named if name in likely} if "prompt" in likely else {}


def further(columns: Iterable[str], answered: bool) -> dict[str, str]:
    """NAME -> COLUMN that rows which were read probably hold too: an answer where none was read, a system text, thoughts,
    and whether an answer is good where nothing says so.

    Only columns whose whole name says so count.
    """
    names = {column.strip().lower(): column for column in columns}
    if {"a", "b"} <= {*names}:
        names.pop("a")                                              # options
    lacking = ["system", *([] if answered else ["answer"]), "reasoning"]
    if answered and {*names}.isdisjoint(KTO):
        lacking.append("label")
    return {name: names[word] for name in lacking
            for word in [next((word for word in LIKELY[name] if word in names), None)] if word is not None}


def check_columns(mapping: Mapping[str, str], columns: Iterable[str]) -> None:
    """Refuse a `--map` that names a column which no input has.

    Raises:
        ConfigError: it does; the message names the nearest columns.
    """
    known = sorted({*columns})
    for name, column in mapping.items():
        if column not in known:
            near = difflib.get_close_matches(column, known, n=3) or [other for other in known
                                                                   if other.casefold() == column.casefold()]
            raise ConfigError(f"names a column that no input has: {name}={column}", where="--map",
                              remedy=f"did you mean {' or '.join(near)}?" if near else
                              f"the columns are {', '.join(known[:20]) or 'none'}")
