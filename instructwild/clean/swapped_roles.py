"""Rows whose two sides changed places: the prompt states something, and the answer is the question to it."""

import polars as pl

from instructwild.clean.patterns import matches, only_where
from instructwild.text.word_table import group_of

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_STATES = r"\A[^\n？?]{6,}。\s*\z"
_ASKING_WORDS = group_of("什么 | 哪些 | 哪[个种] | 如何 | 怎[么样] | 多[少远高长深大重久]")
_ASKS = (rf"\A(?:什么是|为什么|{_ASKING_WORDS}|[^\n。！!；？?，,]{{2,40}}{_ASKING_WORDS})"
         r"[^\n。！!；]{0,40}[？?]\s*\z")
_OPENINGS = group_of("""
    请 | 给 | 将 | 把 | 用 | 写 | 提 | 生 | 创 | 根 | 列 | 想 | 构 | 编 | 造 | 问 | 设 | 改 | 重 | 转 | 翻 | 识 | 找 | 使
    对 | 为 | 制 | 从 | 猜 | 产 | 回 | 说 | 起 | 以 | 在
""")
_MAY_BE_A_QUESTION = group_of("""
    问 | 疑 | 谜 | 笑话 | 句 | 回复 | 口号 | 标题 | 短语 | 对话 | 广告 | 标语 | 采访 | 面试
""")
_ORDERS = rf"\A{_OPENINGS}|{_MAY_BE_A_QUESTION}"
"""Openings of orders, and what may itself be a question."""
SWAPPED_ROLES = only_where(
    (ANSWER.str.len_bytes() < 200) & (PROMPT.str.len_bytes() < 500) & ANSWER.str.contains(r"[？?]\s*\z"),
    matches(ANSWER, _ASKS) & matches(PROMPT, _STATES) & ~matches(PROMPT, _ORDERS))
"""In Chinese; English rows of the kind are too rare to be measured."""
