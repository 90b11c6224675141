"""Quality rules: polars expressions over prompt and answer, each of which flags or drops as the user says.

The kinds of defect are those that people found by hand in Alpaca (AlpacaDataCleaned) and that its authors and Self-Instruct
filtered by; each is seen in English and in Chinese. A rule with known false positives flags unless told otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import polars as pl

from instructwild.clean.arithmetic import WRONG_ARITHMETIC
from instructwild.clean.context import LOST_CONTEXT, MISSING_INPUT, UNSEEN_PAGE
from instructwild.clean.damage import SPELLED_LINE_END, SPELLED_ON_PURPOSE
from instructwild.clean.endings import CUT_OFF, REPETITION
from instructwild.clean.exact_lengths import FAR_FROM_ITS_HAN_LENGTH, FAR_FROM_ITS_LENGTH
from instructwild.clean.foreign_grammar import FOREIGN_GRAMMAR
from instructwild.clean.item_counts import WRONG_COUNT
from instructwild.clean.length_limits import WRONG_LENGTH
from instructwild.clean.lost_indentation import LOST_INDENTATION
from instructwild.clean.patterns import ANSWER_SIZE, PROMPT_SIZE, matches, only_where, sized
from instructwild.clean.programs import NO_PROGRAM, WRONG_QUOTES
from instructwild.clean.repeated_items import REPEATED_ITEM
from instructwild.clean.residue import (
    ESCAPED_MARKDOWN,
    INTERFACE_LABEL,
    MEDIA_AS_TEXT,
    MODEL_IDENTITY,
    NAMES_AN_ATTACHMENT,
    REFUSAL,
    ROLE_TAGS,
    RUN_ON,
    SHARE_RESIDUE,
    UNFILLED_PLACEHOLDER,
)
from instructwild.clean.rows import flagged, names_of_hits
from instructwild.clean.step import DROPS, Verdicts, actions, drops
from instructwild.clean.swapped_roles import SWAPPED_ROLES
from instructwild.clean.talk import MID_CONVERSATION
from instructwild.clean.translated import HALF_TRANSLATED, LOST_EMPHASIS, LOST_IN_TRANSLATION, UNCHANGED
from instructwild.clean.translated_code import TRANSLATED_CODE
from instructwild.clean.unnamed_subject import UNNAMED_SUBJECT
from instructwild.clean.wrong_language import WRONG_LANGUAGE
from instructwild.schema.verdict import Reason

Action = Literal["off", "flag", "drop"]
PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")


_ESCAPES = [text.str.count_matches("\\n", literal=True).fill_null(0) for text in (PROMPT, ANSWER)]
SPELLED_LINE_ENDS = only_where(
    PROMPT.str.contains("\\n", literal=True) | ANSWER.str.contains("\\n", literal=True).fill_null(False),
    (_ESCAPES[0] + _ESCAPES[1] >= 2)
    & pl.any_horizontal(text.str.contains(SPELLED_LINE_END) for text in (PROMPT, ANSWER))
    & ~pl.any_horizontal(matches(text, SPELLED_ON_PURPOSE).fill_null(False) for text in (PROMPT, ANSWER)))


_MAY_BE_EMPTY = (r"(?i)\b(?:extract|identify|find|missing|which|fields?|columns?|listed|mentioned|stated|if any|any"
                 r"|in the (?:text|passage|table|form|list|row)|fill)\b|提取|找出|缺|哪|是否有|有没有|[表文中句]中|字段|填")
"""Prompts that ask for a piece of something shown, which may hold none: "N/A" is an answer to them."""


class Defect(NamedTuple):
    """One defect: what it is, how it shows, and what is done about it unless the user says otherwise."""

    meaning: str
    seen: pl.Expr
    action: Action
    measured: tuple[int, int] | None = None
    """Of rows that the rule saw and a person read: how many were rightly seen, and how many were read."""

    behind: tuple[str, ...] = ()
    """Rules whose rows this one does not look at: it says the same of a row by weaker signs."""

    @property
    def precision(self) -> float | None:
        """The measured share of rows rightly seen; None where nobody has read any."""
        return self.measured and self.measured[0] / self.measured[1]


RULES: dict[str, Defect] = {
    "empty_prompt": Defect("the prompt holds no letter, digit or symbol",
                           ~PROMPT.str.contains(r"[\p{L}\p{N}\p{S}]"), "drop"),
    "placeholder_answer": Defect(
        "the answer only says that there is none",
        only_where(ANSWER_SIZE < 24, only_where(
            ANSWER.str.contains(r"(?i)\A\W*(?:n/a|no ?(?:output|input)(?: (?:required|needed))?|no answer|无需输出|无输出"
                                r"|无输入|没有输出|没有输入|无答案|不适用)\W*\z"),
            ~matches(PROMPT, r"(?i)\bn/a\b|no answer|不适用|无答案|没有答案")
            & ~(matches(ANSWER, r"(?i)n/a|不适用") & matches(PROMPT, _MAY_BE_EMPTY)))),
        "drop", (14, 14)),
    "repeats_prompt": Defect("the answer is the prompt again", ANSWER.str.strip_chars() == PROMPT.str.strip_chars(), "drop"),
    "repetition": Defect("the answer repeats the same few lines or words over and over", REPETITION, "flag", (42, 42)),
    "merged_instructions": Defect(
        "one row holds several tasks run together",
        PROMPT.str.contains(r"(?i)\n\s*(?:\d+[.、]\s*)?(?:instruction|output)\s*\d*\s*[:：]|###\s*(?:instruction|response)"
                            r"|\n\s*(?:指令|输出)\s*\d*\s*[:：]"), "flag"),
    "lost_context": Defect("the prompt goes on from a turn that is not in the row", LOST_CONTEXT, "flag", (1156, 1197)),
    "mid_conversation": Defect("by its words the row stands in the middle of a conversation, which is not in the row",
                               MID_CONVERSATION, "flag", (120, 130), behind=("lost_context",)),
    "unnamed_subject": Defect("the prompt names nothing of what its answer is about: it goes on from a turn that is not in "
                              "the row", UNNAMED_SUBJECT, "flag", (83, 90), behind=("lost_context", "mid_conversation")),
    "missing_input": Defect("the prompt asks something of a text that is not in the row", MISSING_INPUT, "flag",
                            (285, 304)),
    "url_in_prompt": Defect("the prompt points to a page that the model cannot open",
                            PROMPT.str.contains(r"(?i)https?://|\bwww\.\w"), "flag"),
    "attachment": Defect(
        "the prompt speaks of a file or picture that is not there",
        only_where((PROMPT_SIZE < 160) & ~PROMPT.str.contains(r"[\n:：\"“]"), matches(
            PROMPT, r"(?i)(?:\A|[^f] )(?:this|these|the (?:following|given|above|attached|uploaded)|attached|uploaded"
                    r"|enclosed) (?:\w+ )?"
                    r"(?:image|photo|photograph|picture|cartoon|meme|painting|drawing|screenshot|audio clip|recording)s?\b"
                    r"|(?:附件|附上的?|下面的?|下列|以下|给定的?|这[张幅段个])(?:图片|照片|图像|截图|漫画|音频|录音|图表)"
                    r"|[如看]下图")) | NAMES_AN_ATTACHMENT, "flag"),
    "unseen_page": Defect("the only input is the address of a page or a picture, and the answer invents what is there",
                          UNSEEN_PAGE, "flag", (87, 92)),
    "needs_web": Defect(
        "the prompt asks for what changes from day to day",
        PROMPT.str.contains(r"(?i)\b(?:latest|today'?s|current|up-to-date) (?:news|weather|price|stock|score|headline)"
                            r"|(?:今天|今日|最新|目前|当前|实时)的?(?:新闻|天气|价格|股价|股票|比分|头条|汇率)"), "flag"),
    "refusal": Defect("the answer says that it cannot, and nothing of use after it", REFUSAL, "flag"),
    "role_tags": Defect("the text holds the tags or names of a chat's roles", ROLE_TAGS, "flag", (14, 14)),
    "run_on": Defect("the answer goes on with further tasks of its own", RUN_ON, "flag", (30, 30)),
    "share_residue": Defect("the text holds what a share page or a citation of a chat page leaves "
                            "behind", SHARE_RESIDUE, "flag",
                            (65, 65)),
    "interface_label": Defect("the prompt ends in a label of the page that it was copied from", INTERFACE_LABEL, "flag"),
    "media_as_text": Defect("a picture or file stands as a word or tag, and is not there", MEDIA_AS_TEXT, "flag", (38, 38)),
    "model_identity": Defect("the answer speaks as another vendor's model", MODEL_IDENTITY, "flag"),
    "unfilled_placeholder": Defect("the prompt holds a blank of a template that nobody filled", UNFILLED_PLACEHOLDER, "flag",
                                   (26, 27)),
    "repeats_input": Defect("the answer is the input again",
                            (ANSWER_SIZE > 20) & PROMPT.str.ends_with(ANSWER)
                            & (PROMPT_SIZE > ANSWER_SIZE), "flag"),
    "unchanged_input": Defect("a text was to be changed, and the answer is that text as it was", UNCHANGED,
                              "flag", (45, 45)),
    "escaped_markdown": Defect("Markdown of the answer is escaped, and shows as backslashes", ESCAPED_MARKDOWN, "flag"),
    "wrong_arithmetic": Defect("an equation of plain numbers is wrong, or the sum, mean, median or root that was asked for",
                               WRONG_ARITHMETIC, "flag", (158, 169)),
    "cut_off": Defect("the answer stops in the middle of a sentence, a list or code", CUT_OFF, "flag", (256, 263)),
    "half_translated": Defect("prompt and answer are in different languages, and nothing asks for "
                              "that", HALF_TRANSLATED, "flag",
                              (17, 20)),
    "lost_in_translation": Defect("a Chinese task about letters, spelling, rhymes or articles of a text that has "
                                  "none", LOST_IN_TRANSLATION,
                                  "flag", (358, 372)),
    "foreign_grammar": Defect("a Chinese task about the grammar of a text that lost in translation what it asks about",
                              FOREIGN_GRAMMAR, "flag", (93, 97)),
    "wrong_language": Defect("a translation was asked for, and the answer is in another language", WRONG_LANGUAGE, "flag",
                             (28, 28)),
    "lost_emphasis": Defect("the prompt asks about underlined or bold words, and none is marked", LOST_EMPHASIS, "flag",
                            (24, 26)),
    "wrong_count": Defect("a list of another length than the prompt asks for", WRONG_COUNT, "flag", (41, 43)),
    "wrong_length": Defect("longer or shorter than the prompt allows, counted in words or characters",
                           WRONG_LENGTH | FAR_FROM_ITS_LENGTH | FAR_FROM_ITS_HAN_LENGTH, "flag",
                           (109, 113)),
    "translated_code": Defect("the keywords of a program were translated", TRANSLATED_CODE, "flag", (114, 115)),
    "lost_indentation": Defect("a block of Python opens and holds nothing: indentation was lost", LOST_INDENTATION, "flag",
                               (47, 47)),
    "no_program": Defect("a program was asked for, and the answer only says what one would do", NO_PROGRAM, "flag",
                         (44, 47)),
    "wrong_quotes": Defect("a string of C++, C#, Java or Go in single quotes, which no compiler takes", WRONG_QUOTES,
                           "flag", (59, 60)),
    "repeated_item": Defect("a short list that was asked for names the same thing twice", REPEATED_ITEM, "flag", (62, 63)),
    "swapped_roles": Defect("the prompt states something, and the answer is the question to it", SWAPPED_ROLES, "flag",
                            (19, 19)),
    "spelled_line_ends": Defect("line ends stand in the text as \\n", SPELLED_LINE_ENDS, "flag"),
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
        return judged(rows, {name: rule.seen for name, rule in RULES.items()}, chosen,
                      {name: rule.behind for name, rule in RULES.items() if rule.behind})


def judged(rows: pl.DataFrame, seen: Mapping[str, pl.Expr], chosen: Mapping[str, str],
           behind: Mapping[str, tuple[str, ...]] | None = None) -> Verdicts:
    """The verdicts of rules given as expressions, each of which is off, flags or drops.

    Args:
        rows: those to judge.
        seen: the rules.
        chosen: what each does.
        behind: rules that look only at rows which none of some earlier ones sees.
    """
    behind = behind or {}
    active = [name for name in seen if chosen[name] != "off"]
    table = sized(rows)
    hits = table.select("at", *(seen[name].fill_null(False).alias(name) for name in active if name not in behind))
    for name in (name for name in active if name in behind):
        before = hits.select(pl.any_horizontal(pl.repeat(False, pl.len()), *(
            other for other in behind[name] if other in active))).to_series()
        hits = hits.with_columns(_of_rest(table, before, seen[name]).alias(name))
    dropping = [name for name in active if chosen[name] == "drop"]
    flagging = [name for name in active if chosen[name] == "flag"]
    kept = flagged(rows, hits.select("at", *flagging)) if flagging else rows
    return Verdicts(kept, rule_drops(hits.select("at", *dropping)), {name: int(hits[name].sum()) for name in active})


def _of_rest(table: pl.DataFrame, before: pl.Series, seen: pl.Expr) -> pl.Series:
    """What a rule says of the rows that were not seen before; of the others it says nothing."""
    verdicts = table.select(sorted({*seen.meta.root_names()})).filter(~before).select(seen.fill_null(False)).to_series()
    return pl.repeat(False, table.height, eager=True).scatter((~before).arg_true(), verdicts)


def rule_drops(hits: pl.DataFrame) -> pl.DataFrame:
    """Drops of the rows that any rule sees; `hits` has `at`, and one boolean column for each rule, named after it."""
    if hits.width < 2:
        return pl.DataFrame(schema=DROPS)
    return drops(names_of_hits(hits), Reason.RULE, rules=pl.col("names"))
