"""What a request is about, word by word."""

import pytest

from instructwild.clean.near.content import content
from instructwild.clean.near.keywords import Keywords, alike, keywords, root, same_keywords

ENDINGS = [
    "ization", "isation", "ational", "fulness", "ousness", "iveness", "ication", "ation", "ition", "ement", "ment",
    "ness", "ities", "ity", "ance", "ence", "ancy", "ency", "ally", "ical", "ics", "ic", "al", "ly", "ive", "ize",
    "ise", "er", "or", "ist", "ism", "ing", "ed", "ion", "ent", "ant", "y", "e", "s"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ending_is_taken_off_what_keeps_five_letters(ending):
    assert root("gulph" + ending) == "gulph"
    assert root("gulp" + ending[:1]) == "gulp" + ending[:1]


def test_two_endings_are_taken_off_and_no_third():
    assert root("gulphality") == "gulph"
    assert root("gulphedality") == "gulphed"
    assert root("gulphßs") == "gulphßs"
    assert root("gulph-s") == "gulph-s"


def test_what_must_be_in_both_what_counts_and_what_follows():
    assert keywords("Write a Python script x that uses ipv6 sockets to send the sailors a letter") == Keywords(
        fixed=("python", "x", "ipv6", "letter"), words=("socket", "send", "sailor"), rest="", size=10,
        order=("give", "python", "code", "x", "use", "ipv6", "socket", "send", "sailor", "letter"))
    assert keywords("Please explain how an old harbour's lamps don't work in the U.S. today: red, green\n blue") == Keywords(
        fixed=("old", "not"), words=("harbour", "lamp", "usa", "today"), rest="red, green blue", size=9,
        order=("explain", "how", "old", "harbour", "lamp", "not", "work", "usa", "today"))
    assert keywords("List three tall ships and 3 boats for one") == Keywords(
        fixed=("3",), words=("tall", "ship", "boat"), rest="", size=5, order=("give", "3", "tall", "ship", "boat"))
    assert keywords("列出三艘船") is None


def request(words, fixed=(), order=None):
    order = order or (*fixed, *words)
    return Keywords(tuple(fixed), tuple(words), "", len(order), tuple(order))


SAILORS = tuple(f"gull{letter}" for letter in "abcdefgh")


def test_how_many_keywords_may_differ():
    assert alike(request(SAILORS), request(SAILORS))
    assert alike(request(SAILORS), request((*SAILORS, "tern", "auk")))          # 2 of 8
    assert not alike(request(SAILORS), request((*SAILORS, "tern", "auk", "skua")))
    assert not alike(request((*SAILORS, "tern")), request((*SAILORS, "auk")))   # each has its own
    assert not alike(request(SAILORS[:6]), request(SAILORS[:6]))
    assert alike(request(SAILORS[:7]), request(SAILORS[:7]))
    longest = tuple(f"gull{number}" for number in range(64))
    assert alike(request(longest), request(longest))
    assert not alike(request(longest), request((*longest, "tern")))


def test_what_must_be_in_both_and_its_order():
    assert not alike(request(SAILORS, ("3",)), request(SAILORS, ("4",)))
    assert not alike(request(SAILORS), request(SAILORS[::-1]))
    one, two = request(SAILORS, ("python",)), request(SAILORS, ("python",), (*SAILORS, "python"))
    assert alike(one, two)                                                     # "in Python, write" and "write a Python"
    assert not alike(request(SAILORS, ("3",)), request(SAILORS, ("3",), (*SAILORS, "3")))


def test_buckets_are_of_the_longest_words():
    wordy = request(("tern", "albatross", "auk", "shearwater", "skua", "gannet", "puffin"), ("3",))
    assert wordy.buckets() == [("3", "", "shearwater"), ("3", "", "albatross"), ("3", "", "gannet")]
    assert request(SAILORS[:2], ("a", "b", "c", "d", "e", "f")).buckets()[-1] == ("a", "b", "c", "d", "e", "f", "", "")
    assert request(SAILORS[:6]).buckets() == []


LONG = "Explain to young sailors how old harbour lamps guide tall ships"


@pytest.mark.parametrize(("first", "second", "same"), [
    (LONG, LONG + " home", True), (LONG, f"{LONG} '{'home'}'", False), (f"{LONG} '{'home'}'", LONG, False),
    (LONG, LONG + " €", False), (LONG + " €", LONG, False), (LONG, LONG + " Oslo", False), (LONG + " Oslo", LONG, False),
    (LONG + ": red", LONG + ": red", True), (LONG + ": red", LONG + ": blue", False)])
def test_signs_quotations_names_and_inputs_are_in_both(first, second, same):
    assert same_keywords(keywords(first), keywords(second), (first, second)) is same


def test_terms_of_signs_denials_and_pictures():
    assert content("What is 6/2 cakes?").terms == ("give", "6", "ˑslash", "2", "cake")
    assert content("Why ain't lamps lit").terms == ("why", "ai", "not", "lamp", "lit")
    assert content("🌊lamps lit").terms == content("lamps lit🌊").terms == ("lamp", "lit")
    assert content("人工智能").terms[0] in content("用AI b写歌").terms
    assert content("用bAI写歌").terms[1] == "bai"
