"""What a translation of a data set leaves behind: halves in the other language, tasks whose sense stayed in the first."""

import polars as pl

from instructwild.clean.patterns import matches

PROMPT, ANSWER = pl.col("prompt"), pl.col("answer")

_OTHER_LANGUAGE = (r"(?i)translat|chinese|mandarin|english|code|sql|html|python|javascript|java(?:[^a-z]|\z)|css|regex|url"
                   r"|latex|翻译|翻譯|英文|英语|英語|中文|汉语|漢語|外语|双语|영어|代码|程序|函数|脚本|公式|单词|字母|缩写"
                   r"|拼音")


def _wide(text: pl.Expr) -> pl.Expr:
    """The share of characters of three bytes in UTF-8, such as Chinese ones: no need to look at each."""
    return (text.str.len_bytes() - text.str.len_chars()) / 2 / text.str.len_chars()


_LONG_ENOUGH = (PROMPT.str.len_chars() > 4) & (ANSWER.str.len_chars() > 60)
_TO_LATIN = _LONG_ENOUGH & (_wide(PROMPT) > 0.6) & (_wide(ANSWER) < 0.03)
_DIFFER = _TO_LATIN | (_LONG_ENOUGH & (_wide(PROMPT) == 0) & (_wide(ANSWER) > 0.6))
_DIFFERING = pl.when(_DIFFER).then(ANSWER)
HALF_TRANSLATED = (~matches(_DIFFERING, r"[{}=;]|```|https?:") & ~matches(pl.when(_DIFFER).then(PROMPT), _OTHER_LANGUAGE)
                   & (~_TO_LATIN | (_DIFFERING.str.count_matches(r"\b(?:the|is|are|and|to|of|that|you|in|for)\b") >= 4)))
"""An English answer has English sentences: names of films or blocks in a list are no other language."""

_CASE_OF_LETTERS = r"大小写|(?:大写|小写)字母|(?:转换|转化|更改|变|改|换).{0,6}(?:为|成)?(?:大写|小写|驼峰|标题格式)|驼峰"
_SPELLING = r"拼写(?:错误|检查)|拼错的|打字错误"
_LETTERS = (r"(?:句子?|单词|字符串|文本|短语|名词).{0,14}(?:元音|辅音|音节数|复数形式|所有格|首字母|连字符|撇号)"
            r"|(?:元音|辅音|音节数|复数形式|所有格|连字符|撇号).{0,10}(?:句子?|单词|字符串|文本|短语)|(?:创建|生成|给"
            r"|想出).{0,14}字谜")
_SPEAKS_OF_THEM = (r"算法|程序|函数|代码|如何|怎[么样]|什么是|为什么|检查器|密码|正则|俳句|[诗歌]|金额|人民币"
                   r"|[壹贰叁肆伍陆柒捌玖拾佰仟]|汉语|拼音|汉字|灯谜|规则|解释")
_NO_LATIN = ~matches(PROMPT, r"[A-Za-z]") & ~matches(ANSWER, r"[A-Za-z]{2}|[壹贰叁肆伍陆柒捌玖拾佰仟]")
LOST_IN_TRANSLATION = (matches(PROMPT, rf"{_CASE_OF_LETTERS}|{_SPELLING}|{_LETTERS}")
                       & (PROMPT.str.len_chars() < 120) & (ANSWER.str.len_chars() < 120)
                       & ~matches(PROMPT, _SPEAKS_OF_THEM) & _NO_LATIN)
"""Upper case, spelling, vowels or plurals asked of a text in which no letter is left."""
