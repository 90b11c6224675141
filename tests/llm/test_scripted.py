"""The scripted model answers what it is asked, in the language it is asked in, the same every time."""

import re

from instructwild.llm.request import Request, Sampling
from instructwild.llm.scripted import NONE, Faults, Script, tokens_of
from instructwild.schema import Message


def chat(text, seed=0, **sampling):
    return Request(messages=(Message(role="user", content=text),), seed=seed,
                   sampling=Sampling(**{"max_tokens": 2000, **sampling}))


def test_the_same_request_has_the_same_answer_and_another_seed_another():
    assert Script().reply(chat("Why?", 1)) == Script().reply(chat("Why?", 1))
    assert Script(NONE).reply(chat("Why?", 1)).text != Script(NONE).reply(chat("Why?", 2)).text


def test_lists_carry_the_numbers_and_the_language_asked_for():
    english = Script(NONE).reply(chat("1. One\n2. Two\nWrite more, numbered 3 to 7.")).text
    assert re.findall(r"(?m)^(\d+)\. ", english) == ["3", "4", "5", "6", "7"]
    chinese = Script(NONE).reply(chat("1. 什么是进程？\n请再写几个问题，编号从2到4。")).text
    assert re.findall(r"(?m)^(\d+)\. ", chinese) == ["2", "3", "4"]
    assert re.search("[一-鿿]", chinese)
    assert not re.search("[一-鿿]", english)


def test_a_list_that_is_to_be_continued_is_continued():
    text = Script(NONE).reply(Request(text="1. One\n2. Two\n3.")).text
    assert text.startswith(" ")
    assert re.findall(r"(?m)^(\d+)\. ", text) == ["4", "5"]


def test_faults_come_as_often_as_stated():
    script = Script(Faults(refused=0.2, truncated=0.1, malformed=0, repeated=0, foreign=0))
    replies = script.replies([chat("1. One\nnumbered 2 to 9", seed) for seed in range(1000)])
    refused = sum(reply.text.startswith("I'm sorry") for reply in replies)
    cut = sum(reply.finish == "length" for reply in replies)
    assert 160 <= refused <= 240
    assert 50 <= cut <= 110


def test_no_answer_is_longer_than_allowed():
    for seed in range(50):
        reply = Script().reply(chat("编号从1到9。", seed, max_tokens=20))
        assert tokens_of(reply.text) <= 20
        assert reply.completion_tokens <= 20
