"""Quality rules: polars expressions over prompt and answer, each of which flags or drops as the user says.

The kinds of defect are those that people found by hand in Alpaca (AlpacaDataCleaned) and that its authors and Self-Instruct
filtered by; each is seen in English and in Chinese. A rule with known false positives flags unless told otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import polars as pl

from instructwild.clean.context import LOST_CONTEXT, MISSING_INPUT
from instructwild.clean.rows import flagged
from instructwild.clean.step import DROPS, Verdicts, actions, drops
from instructwild.schema.verdict import Reason

Action = Literal["off", "flag", "drop"]
PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

OTHER_LANGUAGE = (r"(?i)translat|chinese|mandarin|english|code|sql|html|python|javascript|java(?:[^a-z]|\z)|css|regex|url"
                  r"|latex|翻译|翻譯|英文|英语|英語|中文|汉语|漢語|代码|程序|函数|脚本|公式|单词|字母|缩写|拼音")


class Defect(NamedTuple):
    """One defect: what it is, how it shows, and what is done about it unless the user says otherwise."""

    meaning: str
    seen: pl.Expr
    action: Action
    measured: tuple[int, int] | None = None
    """Of rows that the rule saw and a person read: how many were rightly seen, and how many were read."""

    @property
    def precision(self) -> float | None:
        """The measured share of rows rightly seen; None where nobody has read any."""
        return self.measured and self.measured[0] / self.measured[1]


def _wide(text: pl.Expr) -> pl.Expr:
    """The share of characters of three bytes in UTF-8, such as Chinese ones: no need to look at each."""
    return (text.str.len_bytes() - text.str.len_chars()) / 2 / text.str.len_chars()


_LINES = pl.when(ANSWER.str.count_matches("\n", literal=True) >= 9).then(ANSWER).str.split("\n")
_DIFFER = ((PROMPT.str.len_chars() > 4) & (ANSWER.str.len_chars() > 60)
           & (((_wide(PROMPT) > 0.6) & (_wide(ANSWER) < 0.2)) | ((_wide(PROMPT) == 0) & (_wide(ANSWER) > 0.6))))

_SUM = ANSWER.str.extract_groups(
    r"(?m)(?:^|[A-Za-z:：，。是为$¥] )(\d{1,7}) ?([+×*-]) ?(\d{1,7}) ?= ?(\d{1,12})(?:[;)。，\n]|\.\s|\.?\z)")
_LEFT, _SIGN, _RIGHT, _TOTAL = (_SUM.struct.field(str(number)) for number in range(1, 5))
_A, _B = _LEFT.cast(pl.Int64), _RIGHT.cast(pl.Int64)
_WRONG = pl.when(_SIGN == "+").then(_A + _B).when(_SIGN == "-").then(_A - _B).otherwise(_A * _B) != _TOTAL.cast(pl.Int64)

_END = pl.when(ANSWER.str.len_chars() >= 80).then(ANSWER.str.tail(16))
_COMES_BACK = (ANSWER.str.count_matches(_END, literal=True) >= 5) & _END.str.contains(r"(?:\p{L}.*){6}")
_WORDS = pl.when(_COMES_BACK).then(ANSWER).str.split(" ")
_LOOPS = _COMES_BACK & ~ANSWER.str.contains_any(["|", "__"]) & pl.when(ANSWER.str.contains(" ", literal=True)).then(
    _WORDS.list.n_unique() * 5 < _WORDS.list.len()).otherwise(
    ANSWER.str.count_matches(_END, literal=True) * 32 > ANSWER.str.len_chars())
"""The last words come back again and again, and the answer has hardly any others; in one line too."""

USEFUL = (r"(?i)here (?:is|are)\b|here's|instead,|for example|\n\s*(?:1[.)、]|[-*•]) |```|however, (?:i can|here|you can)"
          r"|以下是|下面是|但我可以|但是我可以|例如|不过，?我可以")
"""In an answer that begins with an apology and is of use all the same."""

_RESIDUE = ["Share Prompt", "Copy code", "ChatGPT said", "oaicite", "†", "turn0", "turn1"]

RULES: dict[str, Defect] = {
    "empty_prompt": Defect("the prompt holds no letter, digit or symbol",
                           ~PROMPT.str.contains(r"[\p{L}\p{N}\p{S}]"), "drop"),
    "placeholder_answer": Defect(
        "the answer only says that there is none",
        (ANSWER.str.len_chars() < 24)
        & ANSWER.str.contains(r"(?i)\A\W*(?:n/a|no ?output|no answer|无输出|没有输出|无答案|不适用)\W*\z"),
        "drop", (10, 10)),
    "repeats_prompt": Defect("the answer is the prompt again", ANSWER.str.strip_chars() == PROMPT.str.strip_chars(), "drop"),
    "repetition": Defect(
        "the answer repeats the same few lines or words over and over",
        (_LINES.list.n_unique() * 3 < _LINES.list.len()) | _LOOPS, "flag"),
    "merged_instructions": Defect(
        "one row holds several tasks run together",
        PROMPT.str.contains(r"(?i)\n\s*(?:\d+[.、]\s*)?(?:instruction|output)\s*\d*\s*[:：]|###\s*(?:instruction|response)"
                            r"|\n\s*(?:指令|输出)\s*\d*\s*[:：]"), "flag"),
    "lost_context": Defect("the prompt goes on from a turn that is not in the row", LOST_CONTEXT, "flag", (25, 26)),
    "missing_input": Defect("the prompt asks something of a text that is not in the row", MISSING_INPUT, "flag", (29, 30)),
    "url_in_prompt": Defect("the prompt points to a page that the model cannot open",
                            PROMPT.str.contains(r"(?i)https?://|\bwww\.\w"), "flag"),
    "attachment": Defect(
        "the prompt speaks of a file or picture that is not there",
        PROMPT.str.contains(r"(?i)\b(?:attached|enclosed|uploaded) (?:file|document|image|photo|picture|video|audio|pdf)"
                            r"|\b(?:this|the (?:following|given|above)) (?:image|photo|picture|video|audio(?: clip)?)\b"
                            r"|(?:附件|上传的?|下面的?|下列|这[张幅段个]|此)(?:图片|照片|图像|视频|音频|文件|录音)"),
        "flag"),
    "needs_web": Defect(
        "the prompt asks for what changes from day to day",
        PROMPT.str.contains(r"(?i)\b(?:latest|today'?s|current|up-to-date) (?:news|weather|price|stock|score|headline)"
                            r"|(?:今天|今日|最新|目前|当前|实时)的?(?:新闻|天气|价格|股价|股票|比分|头条|汇率)"), "flag"),
    "refusal": Defect(
        "the answer says that it cannot",
        ANSWER.str.head(60).str.contains(
            r"(?i)\A\W*(?:(?:i'?m |i am )?(?:very |so )?sorry,? (?:but|i|as)\b|as an ai\b|i cannot|i can'?t"
            r"|i(?: a|')m unable|unfortunately, (?:i|as an))"
            r"|\A\W*(?:对不起|抱歉|很抱歉|非常抱歉|不好意思|作为一[个名](?:AI|人工智能|语言模型)|我(?:无法|不能|没有办法))")
        & (ANSWER.str.len_chars() < 600) & ~ANSWER.str.contains(USEFUL), "flag"),
    "role_tags": Defect(
        "the answer holds the tags or names of a chat's roles",
        ANSWER.str.contains(r"<\|(?:im_start|im_end|endoftext|eot_id|user|assistant|system)\|>|\[/INST\]|<</SYS>>"
                            r"|\n\n?(?:### )?(?:Human|USER|ASSISTANT)[:：] ")
        & ~PROMPT.str.contains(r"(?i)human|dialog|conversation|chat|interview|script|token|template|对话|聊天"), "flag"),
    "share_residue": Defect(
        "the text holds what a share page or a citation of a chat page leaves behind",
        pl.any_horizontal(pl.when(text.str.contains_any(_RESIDUE)).then(text)
                          .str.contains(r"【\d+†|:contentReference\[oaicite|\bturn\d+(?:search|view|news)\d+"
                                            r"|(?:^|\n)(?:ChatGPT said:|Share Prompt|[a-z]{1,12}Copy code)(?:\n|\z)")
                          for text in (PROMPT, ANSWER)), "flag", (10, 10)),
    "model_identity": Defect(
        "the answer speaks as another vendor's model",
        ANSWER.str.contains(r"(?i)\b(?:I am|I'm|as) (?:ChatGPT|Claude,|Google Bard|Bard,|Bing Chat)\b"
                            r"|\b(?:I am|I'm|as) an? (?:AI |large )?(?:language model|AI|assistant),? "
                            r"(?:trained|developed|created|made|built) by (?:OpenAI|Anthropic|Google|Microsoft|Meta)"
                            r"|我是(?:ChatGPT|文心一言|通义千问|讯飞星火|由(?:OpenAI|百度|阿里|Anthropic|谷歌))"), "flag"),
    "unfilled_placeholder": Defect(
        "the prompt holds a blank of a template that nobody filled",
        PROMPT.str.contains(r"(?i)\[(?:insert|paste) [^\]\n]*\]|<(?:insert|paste) [^>\n]*>"
                            r"|［(?:插入|填写)|\[(?:插入|填写|粘贴)"),
        "flag", (9, 10)),
    "repeats_input": Defect("the answer is the input again",
                            (ANSWER.str.len_chars() > 20) & PROMPT.str.ends_with(ANSWER)
                            & (PROMPT.str.len_chars() > ANSWER.str.len_chars()), "flag"),
    "escaped_markdown": Defect("Markdown of the answer is escaped, and shows as backslashes",
                               ANSWER.str.count_matches(r"\w\\_\w|\\\*\\\*|(?:^|\n)\\#") >= 2, "flag"),
    "wrong_arithmetic": Defect("a sum or product in the answer is wrong", _WRONG, "flag"),
    "cut_off": Defect(
        "the answer stops in the middle of a sentence",
        (ANSWER.str.len_chars() > 80)
        & ANSWER.str.tail(12).str.contains(r"[,，、]\s*\z|\s(?:and|or|the|of|to|a|an|in)\s*\z"), "flag"),
    "half_translated": Defect(
        "prompt and answer are in different scripts, and nothing asks for that",
        ~pl.when(_DIFFER).then(ANSWER).str.contains(r"[{}=;]|https?:")
        & ~pl.when(_DIFFER).then(PROMPT).str.contains(OTHER_LANGUAGE), "flag"),
    "lost_characters": Defect(
        "a character was lost in an earlier conversion",
        PROMPT.str.contains("\ufffd", literal=True) | ANSWER.str.contains("\ufffd", literal=True), "flag"),
}


STRICT = 0.9
"""Measured precision from which on a rule drops under `--strict`."""


def strict() -> dict[str, Action]:
    """The rules that drop under `--strict`."""
    return {name: "drop" for name, rule in RULES.items() if (rule.precision or 0) >= STRICT}


@dataclass(frozen=True)
class Rules:
    """Judge each row by the quality rules."""

    name: ClassVar[str] = "rules"

    rules: Mapping[str, Action] = field(default_factory=dict)

    def verdicts(self, rows: pl.DataFrame) -> Verdicts:
        """Drop a row that a dropping rule sees; name the flagging rules that see it in `labels.flags`."""
        chosen = actions(self.rules, {name: rule.action for name, rule in RULES.items()}, ("off", "flag", "drop"), self.name)
        return judged(rows, {name: rule.seen for name, rule in RULES.items()}, chosen)


def judged(rows: pl.DataFrame, seen: Mapping[str, pl.Expr], chosen: Mapping[str, str]) -> Verdicts:
    """The verdicts of rules given as expressions, each of which is off, flags or drops."""
    active = [name for name in seen if chosen[name] != "off"]
    hits = rows.select("at", *(seen[name].fill_null(False).alias(name) for name in active))
    dropping = [name for name in active if chosen[name] == "drop"]
    flagging = [name for name in active if chosen[name] == "flag"]
    kept = flagged(rows, hits.select("at", *flagging)) if flagging else rows
    return Verdicts(kept, rule_drops(hits.select("at", *dropping)), {name: int(hits[name].sum()) for name in active})


def rule_drops(hits: pl.DataFrame) -> pl.DataFrame:
    """Drops of the rows that any rule sees; `hits` has `at`, and one boolean column for each rule, named after it."""
    names = [name for name in hits.columns if name != "at"]
    if not names:
        return pl.DataFrame(schema=DROPS)
    seen_by = pl.concat_list(*(pl.when(name).then(pl.lit(name)) for name in names)).list.drop_nulls()
    hit_rows = hits.filter(pl.any_horizontal(*names)).select("at", rules=seen_by)
    return drops(hit_rows, Reason.RULE, rules=pl.col("rules"))
