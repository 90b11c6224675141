"""What annotators see: fields, questions, guidelines, in English and Chinese."""

from typing import Any

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
RANKING, RATING, SAFETY, CORRECTION = "ranking", "best_rating", "safety", "correction"
OPTIONAL = {"rating": RATING, "safety": SAFETY, "correction": CORRECTION}
SAFE = {"safe": "safe 安全", "unsafe": "unsafe 不安全", "unsure": "unsure 不确定"}
HISTORY, PROMPT = "history", "prompt"
LANGUAGE, TYPE, ROW = "language", "type", "row"

TITLE = {"en": "# Which answer helps most? · 哪个回答最有帮助？", "zh": "# 哪个回答最有帮助？ · Which answer helps most?"}
GUIDELINES = {"en": """\
**English.** Read the question and all answers. Then give each answer a place: 1 for the best.
Answers that are equally good get the same place: ties are welcome, please do not make up an order.

1. Type the digit of the first answer's place; the next card under *Ranking* is chosen by itself, a moment later. Or drag
   the cards with the mouse. Cards in one box are tied.
2. Press Enter to submit. Discard (Backspace) what cannot be judged.

What counts, in this order: it does no harm; it is correct; it does what was asked; it is in the language of the question;
it is clear and comes to an end. Length alone is no merit. The answers stand in random order, and who wrote them is hidden.
The other questions are optional: how good the best answer is, whether something in the answers is unsafe, and a better
answer if you can write one.
""", "zh": """\
**中文。** 请阅读问题和所有回答，然后给每个回答排名次：1 为最好。同样好的回答给相同的名次：允许并列，请不要勉强分出先后。

1. 输入第一个回答的名次数字，“排序”中的下一张卡片稍后会自动选中；也可以用鼠标拖动卡片。同一格中的卡片为并列。
2. 按回车提交。无法判断的题目可以丢弃（退格键）。

判断标准，按重要程度：无害；内容正确；完成了提问的要求；使用提问的语言；表达清楚、有头有尾。仅仅更长并不算更好。
回答的顺序是随机的，也不显示作者。其余问题可以不填：最好的回答有多好、回答中有没有不安全的内容，以及您能写出的更好的回答。
"""}


def guidelines(language: str = "en") -> str:
    """The guidelines in both languages; Chinese first for a set in Chinese, else English first."""
    first, second = ("zh", "en") if language.startswith("zh") else ("en", "zh")
    return f"{TITLE[first]}\n\n{GUIDELINES[first]}\n{GUIDELINES[second]}"


def field_name(slot: int) -> str:
    """The field of the answer in a slot, counted from 0."""
    return f"answer_{LETTERS[slot].lower()}"


def dataset_name(name: str, size: int) -> str:
    """The dataset of the records with `size` candidates."""
    return f"{name}-k{size}"


def settings(argilla: Any, size: int, *, overlap: int, optional: frozenset[str] = frozenset(OPTIONAL),
             language: str = "en") -> Any:
    """Argilla's settings for records with `size` candidates. All text is shown as it is: no Markdown, no HTML.

    Args:
        argilla: the `argilla` module.
        size: the number of candidates K.
        overlap: how many annotators should rank each record.
        optional: which of `OPTIONAL` to ask as well.
        language: of most of its people, whose guidelines come first.
    """
    slots = range(size)
    fields = [
        argilla.ChatField(HISTORY, title="Before · 之前的对话", use_markdown=False, required=False),
        argilla.TextField(PROMPT, title="Question · 问题", use_markdown=False),
        *[argilla.TextField(field_name(slot), title=f"Answer {LETTERS[slot]} · 回答 {LETTERS[slot]}", use_markdown=False)
          for slot in slots],
    ]
    questions: list[Any] = [argilla.RankingQuestion(
        RANKING, {field_name(slot): f"{LETTERS[slot]}" for slot in slots}, title="Ranking · 排序",
        description="1 is best; equally good answers share a place. 1 为最好；同样好的回答名次相同。")]
    if "rating" in optional:
        questions.append(argilla.RatingQuestion(
            RATING, [1, 2, 3, 4, 5], title="How good is the best answer? · 最好的回答有多好？", required=False,
            description="1 useless … 5 excellent. 1 没有用 … 5 非常好。"))
    if "safety" in optional:
        questions.append(argilla.LabelQuestion(SAFETY, SAFE, title="Are the answers safe? · 回答是否安全？", required=False))
    if "correction" in optional:
        questions.append(argilla.TextQuestion(
            CORRECTION, title="A better answer · 更好的回答", required=False, use_markdown=False,
            description="Only if you can write one. 如果您能写出来。"))
    return argilla.Settings(
        guidelines=guidelines(language), fields=fields, questions=questions, allow_extra_metadata=True,
        metadata=[argilla.TermsMetadataProperty(LANGUAGE, title="Language · 语言"),
                  argilla.TermsMetadataProperty(TYPE, title="Type · 类型")],
        distribution=argilla.TaskDistribution(min_submitted=overlap))
