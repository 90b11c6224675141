"""Checkable instructions: of each kind what it asks in both languages, and a pure function that says whether it is met.

Every function takes the response and the kind's own arguments. An empty response meets nothing. Where a kind counts words,
Chinese characters count as words.
"""

import json
import re
from collections.abc import Sequence
from itertools import pairwise

from instructwild.text.language import language_of
from instructwild_trainer.verifiers import units
from instructwild_trainer.verifiers.check import verifier

NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[-+]?[0-9]+(?:[.,][0-9]+)*(?![A-Za-z0-9_])")
"""A number in digits; Chinese characters may stand beside it."""
QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "'": "'", "‘": "’"}
OPENING, CLOSING = "([{（【", ")]}）】"


# What is said.

@verifier("Use all of these words: {words}.", "使用以下所有词语：{words}。", words=["river", "桥"])
def includes(text: str, words: Sequence[str]) -> bool:
    """Every word occurs."""
    return all(units.occurrences(text, word) for word in words)


@verifier("Do not use any of these words: {words}.", "不要使用以下任何词语：{words}。", words=["very", "非常"])
def excludes(text: str, words: Sequence[str]) -> bool:
    """No word occurs."""
    return not any(units.occurrences(text, word) for word in words)


@verifier("Use the word “{word}” exactly {count:time}.", "“{word}”一词恰好出现{count}次。", word="tea", count=2)
def word_exactly(text: str, word: str, count: int) -> bool:
    """A word occurs so often."""
    return units.occurrences(text, word) == count


@verifier("Use the word “{word}” at least {count:time}.", "“{word}”一词至少出现{count}次。", word="tea", count=2)
def word_at_least(text: str, word: str, count: int) -> bool:
    """A word occurs so often or more."""
    return units.occurrences(text, word) >= count


@verifier("The letter or character “{char}” occurs at least {count:time}.", "字符“{char}”至少出现{count}次。",
          char="e", count=3)
def char_at_least(text: str, char: str, count: int) -> bool:
    """A letter or character occurs so often or more, whatever its case."""
    return text.casefold().count(char.casefold()) >= count


@verifier("Use the word “{word}” in sentence {number}.", "在第{number}句中使用“{word}”一词。", word="rain", number=2)
def word_in_sentence(text: str, word: str, number: int) -> bool:
    """A word occurs in the sentence of that number, from 1."""
    parts = units.sentences(text)
    return len(parts) >= number and units.occurrences(parts[number - 1], word) > 0


@verifier("Give exactly {count:number}, in digits.", "恰好使用{count}个阿拉伯数字表示的数。", count=2)
def numbers(text: str, count: int) -> bool:
    """So many numbers in digits."""
    return len(NUMBER.findall(text)) == count


@verifier("Use no digits.", "不要使用阿拉伯数字。")
def no_digits(text: str) -> bool:
    """No digit of any script."""
    return not any(char.isdigit() for char in text)


@verifier("Answer with one of these and nothing else: {options}.", "只回答以下选项之一，不要写其他内容：{options}。",
          options=["yes", "no"])
def one_of(text: str, options: Sequence[str]) -> bool:
    """The response is one of the options, an end mark aside."""
    def plain(answer: str) -> str:
        return answer.strip().rstrip(".。!！").strip().casefold()

    return plain(text) in map(plain, options)


@verifier("Write in the language {language}.", "用语言{language}书写。", language="en")
def language(text: str, language: str) -> bool:
    """The response is in a language, by its BCP 47 tag without script."""
    return language_of(text).split("-")[0] == language.split("-")[0]


# How long.

@verifier("Use between {least} and {most:word}.", "字数在{least}到{most}之间。", least=5, most=40)
def words_between(text: str, least: int, most: int) -> bool:
    """So many words, Chinese characters counting as words."""
    return least <= len(units.words(text)) <= most


@verifier("Use at least {count:different word}.", "至少使用{count}个不同的字词。", count=10)
def different_words(text: str, count: int) -> bool:
    """So many different words or more."""
    return len(set(units.words(text))) >= count


@verifier("Write between {least} and {most:sentence}.", "写{least}到{most}句话。", least=2, most=4)
def sentences_between(text: str, least: int, most: int) -> bool:
    """So many sentences."""
    return least <= len(units.sentences(text)) <= most


@verifier("Write exactly {count:paragraph}, parted by blank lines.", "写恰好{count}段，段落之间空一行。", count=2)
def paragraphs(text: str, count: int) -> bool:
    """So many paragraphs."""
    return len(units.paragraphs(text)) == count


@verifier("Every sentence has at most {count:word}.", "每句话不超过{count}个字词。", count=20)
def short_sentences(text: str, count: int) -> bool:
    """No sentence is longer."""
    return all(len(units.words(sentence)) <= count for sentence in units.sentences(text))


@verifier("Each sentence has exactly {count:more word} than the one before.", "每句话都比前一句恰好多{count}个字词。",
          count=1)
def growing_sentences(text: str, count: int) -> bool:
    """Each sentence is so many words longer than the one before; there are two at least."""
    lengths = [len(units.words(sentence)) for sentence in units.sentences(text)]
    return len(lengths) > 1 and all(after - before == count for before, after in pairwise(lengths))


# How it begins and ends.

@verifier("Begin with “{start}”.", "以“{start}”开头。", start="Well")
def starts_with(text: str, start: str) -> bool:
    """The response begins so."""
    return text.strip().startswith(start)


@verifier("End with “{end}” and write nothing after it.", "以“{end}”结尾，之后不再写任何内容。", end="Done.")
def ends_with(text: str, end: str) -> bool:
    """The response ends so."""
    return text.strip().endswith(end)


@verifier("Put the whole answer into quotation marks.", "把整个回答放在引号内。")
def quoted(text: str) -> bool:
    """One pair of quotation marks around everything."""
    answer = text.strip()
    return len(answer) > 2 and QUOTES.get(answer[0]) == answer[-1]


@verifier("First repeat this, word for word: {request}", "首先逐字重复：{request}", request="Why?")
def repeats(text: str, request: str) -> bool:
    """The response begins with the request, blanks aside, and goes on or not."""
    return "".join(text.split()).startswith("".join(request.split()))


@verifier("Add a postscript that begins with {marker}.", "在末尾加上以“{marker}”开头的附言。", marker="P.S.")
def postscript(text: str, marker: str) -> bool:
    """A line after the first begins with the marker and goes on."""
    return any(line.strip().startswith(marker) and len(line.strip()) > len(marker) for line in units.lines(text)[1:])


@verifier("The last word of each sentence is the first word of the next.", "每句话的最后一个字词是下一句的第一个字词。")
def chained(text: str) -> bool:
    """Sentences, two at least, each beginning with the word that ended the one before."""
    parts = [units.words(sentence) for sentence in units.sentences(text)]
    return len(parts) > 1 and all(before[-1:] == after[:1] for before, after in pairwise(parts))


# How it is laid out.

@verifier("Use exactly {count:bullet point}.", "恰好使用{count}个项目符号列表项。", count=3)
def bullets(text: str, count: int) -> bool:
    """So many lines with a bullet."""
    return units.bullets(text) == count


@verifier("Use a numbered list of exactly {count:item}.", "使用恰好{count}项的编号列表。", count=3)
def numbered_list(text: str, count: int) -> bool:
    """So many lines with a number before them."""
    return units.numbered(text) == count


@verifier("Answer in JSON only.", "只用JSON格式回答。")
def json_only(text: str) -> bool:
    """A JSON object or array, a fence around it aside."""
    fenced = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", text, re.DOTALL)
    try:
        return isinstance(json.loads(fenced[1] if fenced else text), dict | list)
    except (ValueError, RecursionError):
        return False


@verifier("Put a title into double angle brackets, as <<title>>.", "用书名号写一个标题，如《标题》。")
def titled(text: str) -> bool:
    """A title in `<<…>>` or 《…》."""
    return re.search(r"<<[^<>\n]+>>|《[^《》\n]+》", text) is not None


@verifier("Highlight at least {count:part} with asterisks, as *this*.", "用星号突出至少{count}处，如*这样*。", count=2)
def highlights(text: str, count: int) -> bool:
    """So many parts between single or double asterisks, or more."""
    return len(re.findall(r"\*\*[^*\n]+\*\*|(?<!\*)\*[^*\s][^*\n]*\*(?!\*)", text)) >= count


@verifier("Use at least {count:placeholder} in square brackets, as [name].", "至少使用{count}个方括号占位符，如[姓名]。",
          count=2)
def placeholders(text: str, count: int) -> bool:
    """So many `[…]` or 【…】, or more."""
    return len(re.findall(r"\[[^\[\]\n]+\]|【[^【】\n]+】", text)) >= count


@verifier("Include a code block in triple backticks.", "包含一个用三个反引号围起的代码块。")
def code_block(text: str) -> bool:
    """A fenced block that is not empty."""
    return re.search(r"^```[^\n`]*\n.*?\S.*?\n```", text, re.MULTILINE | re.DOTALL) is not None


@verifier("Include a Markdown table.", "包含一个Markdown表格。")
def table(text: str) -> bool:
    """A row of cells and the line of dashes below it."""
    return re.search(r"^\s*\|.+\|\s*\n\s*\|[\s:|-]*-[\s:|-]*\|", text, re.MULTILINE) is not None


@verifier("Give two different answers, parted by six asterisks: ******", "给出两个不同的回答，用六个星号隔开：******")
def two_answers(text: str) -> bool:
    """Two texts that differ, with `******` between."""
    parts = [part.strip() for part in text.split("******")]
    return len(parts) == 2 and all(parts) and parts[0] != parts[1]


@verifier("Write each sentence on a line of its own.", "每句话单独一行。")
def sentence_a_line(text: str) -> bool:
    """No line holds two sentences."""
    return all(len(units.sentences(line)) <= 1 for line in units.lines(text))


@verifier("Write each word on a line of its own.", "每个字词单独一行。")
def word_a_line(text: str) -> bool:
    """Lines of one word each, two at least."""
    parts = units.lines(text)
    return len(parts) > 1 and all(len(line.split()) == 1 for line in parts)


@verifier("Indent each line further than the one before.", "每一行都比前一行缩进更多。")
def stairs(text: str) -> bool:
    """Each line begins further to the right; there are two at least."""
    indents = [len(line) - len(line.lstrip()) for line in units.lines(text)]
    return len(indents) > 1 and all(before < after for before, after in pairwise(indents))


# How it is spelled.

@verifier("Use no commas.", "不要使用逗号。")
def no_commas(text: str) -> bool:
    """No comma, ideographic ones included."""
    return not any(char in text for char in ",，、")


@verifier("Use no white space.", "不要使用任何空白字符。")
def no_whitespace(text: str) -> bool:
    """No white space within the response."""
    return not any(char.isspace() for char in text.strip())


@verifier("Write in lower case only.", "英文只用小写字母。")
def lower_case(text: str) -> bool:
    """No capital letter, and a letter at all."""
    return text == text.lower() and any(char.isalpha() for char in text)


@verifier("Write in capital letters only.", "英文只用大写字母。")
def upper_case(text: str) -> bool:
    """No small letter, and a letter at all."""
    return text == text.upper() and any(char.isalpha() for char in text)


@verifier("End every sentence with an emoji.", "每句话都以表情符号结尾。")
def emoji_ends(text: str) -> bool:
    """Every line ends in an emoji, and every sentence in it is followed by one."""
    rows = units.lines(text)
    return all(units.is_emoji(line.rstrip().rstrip("\ufe0f")[-1:] or " ") for line in rows) and not re.search(
        r"[.!?。！？]\s*(?=[^\W\d_])", text)


@verifier("No two neighbouring words begin with the same letter.", "相邻的两个字词不能以同一个字开头。")
def no_alliteration(text: str) -> bool:
    """First letters of neighbouring words differ."""
    parts = units.words(text)
    return all(before[0] != after[0] for before, after in pairwise(parts))


@verifier("Nest brackets at least {depth} levels deep.", "括号至少嵌套{depth}层。", depth=2)
def nested_brackets(text: str, depth: int) -> bool:
    """Well-formed brackets, so deep at least at one place."""
    unclosed: list[tuple[str, int]] = []   # what closes each open bracket, and how deep it is inside
    deepest = 0
    for char in text:
        if char in OPENING:
            unclosed.append((CLOSING[OPENING.index(char)], 0))
        elif char in CLOSING:
            if not unclosed or unclosed[-1][0] != char:
                unclosed.clear()
                continue
            inside = unclosed.pop()[1] + 1
            deepest = max(deepest, inside)
            if unclosed:
                unclosed[-1] = (unclosed[-1][0], max(unclosed[-1][1], inside))
    return deepest >= depth
