"""Which words of an evaluation question are particular to it, and which are the phrases in which questions are put."""

from collections.abc import Sequence

from instructwild.clean.near import lexicon

ENGLISH = frozenset(["read", "text", "passage", "paragraph", "article", "below", "above", "following", "answer", "question", "questions", "choose", "select", "correct", "incorrect", "right", "wrong", "true", "false", "option", "options", "statement", "statements", "best", "describe", "describes", "explain", "word", "words", "one", "sentence", "short", "based", "only", "given", "according", "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "many", "much", "think", "step", "reason", "reasoning", "solve", "find", "calculate", "please", "then", "if", "not", "or", "but", "so", "than", "from", "into", "also", "each", "other", "most", "more", "all", "any"]) | lexicon.ENGLISH_LIGHT
CHINESE = frozenset(["阅读", "文字", "材料", "短文", "文章", "段落", "这段", "下面这段", "然后", "后面", "后面的", "前面", "回答", "问题", "题目", "选择", "选项", "正确", "错误", "不正确", "的是", "一项", "叙述", "说法", "表述", "下列", "以下", "有关", "关于", "属于", "不属于", "最", "符合", "不符合", "选出", "请", "根据", "上文", "下文", "其中", "哪", "哪项", "哪个", "哪些", "什么", "如何", "怎么", "怎样", "为什么", "是否", "多少", "几", "选一个", "答案", "单选", "多选", "判断", "对错", "完成", "填空", "括号", "内", "题", "读", "答"]) | frozenset(lexicon.CHINESE_LIGHT.split())
_LONGEST = max(map(len, CHINESE))


def particular(tokens: Sequence[str]) -> list[bool]:
    """For each token of a question whether it says what is asked, rather than that something is asked.

    >>> particular(["read", "the", "text", "who", "built", "the", "pier"])
    [False, False, False, False, True, False, True]
    """
    marks = [token not in ENGLISH for token in tokens]
    at = 0
    while at < len(tokens):
        for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
            if "".join(tokens[at:at + size]) in CHINESE:
                marks[at:at + size] = [False] * size
                at += size
                break
        else:
            at += 1
    return marks
