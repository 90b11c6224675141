"""Prompts whose answer may speak in another's name: mails, reviews, scenes, roles; and those that ask for a wording.

What such an answer apologizes for or points back to belongs to the text that was asked for, and shows no lost turn.
"""

from instructwild.text.word_table import any_of, group_of

_WORDS = group_of(r"""
    apolog\w* | sorry | customers? | complain\w* | feedback | review\w* | e-?mail\w* | letters? | repl(?:y|ies|ied|ying)
    respond\w* | responses? | tweet\w* | dialog\w* | conversations? | role\w* | scenarios? | scenes? | story | write a
    you are an?
""")
SPEAKS_FOR = rf"(?i)\b{_WORDS}\b"
"""Of a prompt; words are whole ones, for "history" asks for no story."""
ASKS_FOR_WORDING = "(?i)" + any_of(r"""
    \b(?:translat\w*|say|says|phrase|mean|means|meaning)\b | 翻译 | 怎么说 | 什么意思 | [英中法德日韩汉](?:文|语)
""")
"""Of a prompt: the answer is what somebody says, "You're welcome" among it."""
