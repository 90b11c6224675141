"""Writes docs/templates.md and its Chinese twin from a run over every chat template of TRL: `python docs/templates.py`.

Each template is tried on random conversations as in tests/trainer/test_every_template.py; --count N says on how many
(default 200). --counts FILE takes what the slow tests of that file counted:
`TEMPLATE_COUNTS=counts.jsonl python -m pytest -m slow tests/trainer/test_every_template.py`.
"""

# ruff: noqa: E501
import argparse
import html
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "trainer"))

from template_runs import TOOL, chat_of, counts_in, holds, names, outcome  # noqa: E402

from instructwild.llm.rendering import Renderer  # noqa: E402
from instructwild_trainer.answer_text import AnswerWriter  # noqa: E402
from instructwild_trainer.templates import Chat, token_runs  # noqa: E402

QUESTIONS = [{"role": "user", "content": "Name a sail."}, {"role": "assistant", "content": "The jib."},
             {"role": "user", "content": "几点涨潮？"},
             {"role": "assistant", "content": "六点。", "reasoning_content": "Low water is at noon."}]
SYSTEM = [{"role": "system", "content": "Be brief."}, *QUESTIONS[:2]]
CALL = [QUESTIONS[0], {"role": "assistant", "content": "", "tool_calls": [
    {"type": "function", "id": "call00000", "function": {"name": "tide_table", "arguments": {"harbour": "Hull"}}}]}]
WORDS = {
    "templates.md": {
        "title": "Chat templates", "other": "[中文](templates.zh-CN.md)",
        "intro": "What `train` does with each chat template that TRL ships, as `python docs/templates.py` found it: whether a "
                 "conversation of several answers is one example or one for each answer, what ends an answer, whether system "
                 "messages and tool calls are written, what becomes of thoughts by default, and on how many random conversations "
                 "the training tokens were the tokens at use. A template refuses a conversation that it does not write itself "
                 "(two kinds of message in a row, a system message); such a row leaves with a reason, the others stay. "
                 "How it works is in [Training](training.md).",
        "head": ["template", "several answers", "answers end with", "system", "tool calls", "thoughts", "equal", "refused"],
        "one": "one example", "each": "one for each", "yes": "yes", "no": "refused", "left": "left out", "trained": "trained",
        "examples": "One example each", "marked": "One conversation of two answers, the last with thoughts: its last example, what is trained on marked."},
    "templates.zh-CN.md": {
        "title": "聊天模板", "other": "[English](templates.md)",
        "intro": "`train` 如何处理 TRL 附带的每个聊天模板，由 `python docs/templates.py` 实测写出：有多个回答的对话是一个样本还是每个回答一个样本，回答以什么"
                 "结束，是否写出系统消息和工具调用，默认如何处理思考内容，以及在多少个随机对话上训练词元与使用时的词元完全相同。模板自己不写的对话"
                 "（同一角色连续两次、系统消息）被拒绝：该行带着理由离开，其余各行保留。做法见[训练](training.zh-CN.md)。",
        "head": ["模板", "多个回答", "回答的结束符", "系统消息", "工具调用", "思考内容", "相同", "被拒绝"],
        "one": "一个样本", "each": "每个回答一个", "yes": "支持", "no": "拒绝", "left": "不写出", "trained": "参与训练",
        "examples": "每个模板一例", "marked": "同一个有两个回答的对话，最后一个回答带思考内容：取其最后一个样本，参与训练的部分有标记。"}}


def facts(name: str, equal: int, refused: int) -> dict[str, object]:
    """What a run says of one template, beside its counts."""
    chat = chat_of(name)
    trained = chat.tokenizer.decode([token for span in chat.examples(QUESTIONS)[-1].spans() for token in span])
    return {"name": name, "each": not is_own_beginning(chat),
            "stops": [chat.tokenizer.decode([token]) for token in chat.stop_ids], "system": holds(chat, SYSTEM, None),
            "tools": holds(chat, CALL, [TOOL]), "thoughts": "Low water" in trained, "equal": equal, "refused": refused,
            "example": coloured(chat)}


def coloured(chat: Chat) -> str:
    """The last example as HTML, what is trained on marked; a long beginning is cut."""
    shown = []
    for run in token_runs(chat, chat.examples(QUESTIONS)[-1]):
        text = run.text if shown or len(run.text) <= 160 else "…" + run.text[-160:]
        shown.append(html.escape(text) if run.kind == "context" else f"<mark><b>{html.escape(text)}</b></mark>")
    return "<pre>" + "".join(shown).rstrip().replace("</b></mark><mark><b>", "") + "</pre>"


def is_own_beginning(chat: Chat) -> bool:
    """Whether an answer and its prompt are the beginning of the next prompt's text."""
    first = AnswerWriter(Renderer(chat.tokenizer)).answer(QUESTIONS[:2])
    return chat.prompt_text(QUESTIONS[:3]).startswith(first.prompt + first.masked + first.trained)


def page(rows: list[dict[str, object]], words: dict[str, object]) -> str:
    """One language's page."""
    table = [words["head"], ["---"] * 8]
    for row in rows:
        table.append([f"`{row['name']}`", words["each" if row["each"] else "one"],
                      " ".join(f"`{stop}`" for stop in row["stops"]).replace("|", "\\|"),
                      words["yes" if row["system"] else "no"], words["yes" if row["tools"] else "no"],
                      words["trained" if row["thoughts"] else "left"], str(row["equal"]), str(row["refused"])])
    lines = [f"# {words['title']}", "", words["other"], "", words["intro"], "",
             *("| " + " | ".join(map(str, cells)) + " |" for cells in table), "", f"## {words['examples']}", "", words["marked"]]
    for row in rows:
        lines += ["", f"`{row['name']}`", "", str(row["example"])]
    return "\n".join(map(str, lines)) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="random conversations for each template")
    parser.add_argument("--counts", help="file of counts that the slow tests left")
    arguments = parser.parse_args()
    counts = counts_in(arguments.counts) if arguments.counts else {name: outcome(name, arguments.count) for name in names()}
    measured = [facts(name, *counts[name]) for name in names()]
    for file, words in WORDS.items():
        (HERE / file).write_text(page(measured, words), encoding="utf-8")
