"""The questions that the gate puts to both models, whatever rows were given."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from instructwild_trainer.templates import Chat

QUESTIONS = ("What is the capital of France?", "Give three tips for staying healthy.", "Why is the sky blue?",
             "用一句话解释什么是光合作用。", "给我三条保持健康的建议。", "天空为什么是蓝色的？")
LANGUAGES = ("en", "en", "en", "zh", "zh", "zh")
ANSWERS = ("The capital of France is Paris.", "Sleep enough, eat vegetables, and walk every day.",
           "Because the air scatters blue light more than red light.",
           "植物用阳光把水和二氧化碳变成养分。", "睡眠充足，多吃蔬菜，每天散步。", "因为空气散射蓝光多于红光。")
"""An answer to each, so that there is a whole conversation to read or to score."""


def question_rows() -> list[list[dict[str, str]]]:
    """Each question with its answer, as messages."""
    return [[{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            for question, answer in zip(QUESTIONS, ANSWERS, strict=True)]


def own_questions(chat: "Chat") -> dict[str, list[list[int]]]:
    """The questions and their answers as token ids, by language: what is measured on where no rows are held out.

    Nothing where the chat template does not write them.
    """
    from instructwild.errors import ModelError

    rows: dict[str, list[list[int]]] = {}
    try:
        for language, messages in zip(LANGUAGES, question_rows(), strict=True):
            rows.setdefault(language, []).append(chat.encode(messages).input_ids)
    except ModelError:
        return {}
    return rows
