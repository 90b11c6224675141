"""A chat template whose loops do not end is stopped, and says so in one message; one that is merely wrong as well."""

import threading
import time

import pytest

from instructwild.errors import ModelError
from instructwild.llm import template_limit
from instructwild.llm.rendering import Renderer
from instructwild.llm.template_limit import TemplateTimeoutError, limited_rendering

ENDLESS = ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
           "{% for message in messages %}{{ message['content'] }}{% endfor %}")
ASKED = [{"role": "user", "content": "Which tide?"}]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(template_limit, "SECONDS", 0.2)
    monkeypatch.setattr(template_limit, "LOOK", 0.05)


def renderer_of(template, tokenizer):
    tokenizer.chat_template = template
    return Renderer(tokenizer)


def test_loops_within_loops_are_stopped_by_name(quick, tokenizer):
    begun = time.monotonic()
    with pytest.raises(TemplateTimeoutError, match=r"does not write a conversation within 0\.2 seconds"):
        renderer_of(ENDLESS, tokenizer).text(ASKED, prompt=True)
    assert time.monotonic() - begun < 5
    assert renderer_of("{{ messages[0]['content'] }}", tokenizer).text(ASKED, prompt=True) == "Which tide?"


@pytest.mark.parametrize("template", ["{% for a in range(10 ** 9) %}{% endfor %}",
                                      "{% macro again(n) %}{{ again(n) }}{% endmacro %}{{ again(1) }}"])
def test_too_large_a_range_or_depth_is_one_message(template, tokenizer):
    with pytest.raises(ModelError, match="the chat template cannot write this conversation"):
        renderer_of(template, tokenizer).text(ASKED, prompt=True)


def test_each_thread_has_its_own_limit_and_none_is_interrupted_afterwards(quick):
    outcomes = []

    def work(seconds):
        try:
            with limited_rendering("m"):
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    pass
            outcomes.append("done")
        except TemplateTimeoutError:
            outcomes.append("stopped")
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass
        outcomes.append("after")

    threads = [threading.Thread(target=work, args=(seconds,)) for seconds in (0.01, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(outcomes) == ["after", "after", "done", "stopped"]
