"""The chat page in a real browser: streaming, stop, history, two models and the vote, in both languages."""

import json
import time

import httpx
import pytest

from instructwild_trainer.serve.engine import BatchEngine
from tests.trainer.serve.conftest import running


@pytest.fixture
def page(chromium, request):
    context = chromium.new_context(**{"viewport": {"width": 1100, "height": 800}, "locale": "en-GB",
                                     **getattr(request, "param", {})})
    made = context.new_page()
    made.set_default_timeout(60_000)
    made.problems = []
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    made.on("console", lambda said: made.problems.append(said.text) if said.type == "error" else None)
    yield made
    context.close()


def opened(page, url, longest=12):
    page.goto(url)
    page.locator("body[data-ready]").wait_for()
    page.evaluate(f"localStorage.longest = '\"{longest}\"'")
    page.reload()
    page.locator("body[data-ready]").wait_for()


def kept(page):
    """The conversations that the browser keeps."""
    return [json.loads(text) for text in page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('talk.')).map(([, text]) => text)")]


def ask(page, question):
    page.locator("#question").fill(question)
    page.keyboard.press("Enter")


def test_two_models_are_asked_voted_on_by_key_and_kept_as_a_ranking(page, url, votes):
    opened(page, url)
    before = len(votes.rows())
    ask(page, "What is a tie?")
    page.locator(".vote").wait_for()
    assert page.locator(".answer > header").all_inner_texts() == ["Answer A", "Answer B"]      # who said it is not told yet
    [talk] = kept(page)
    texts, models = ([answer[key] for answer in talk["turns"][0]["answers"]] for key in ("text", "model"))
    page.keyboard.press("2")
    page.get_by_text("Kept: B is better.").wait_for()
    assert [head.split("\n")[-1].split()[-1] for head in page.locator(".answer > header").all_inner_texts()] == models
    row = votes.rows()[-1]
    assert len(votes.rows()) == before + 1
    ranks = dict(zip([candidate.text for candidate in row.candidates], row.rankings[0].ranks, strict=True))
    assert (ranks[texts[0]], ranks[texts[1]]) == (2, 1)
    assert row.rankings[0].annotator.startswith("person:")
    ask(page, "And a draw?")
    page.locator("article:nth-child(2) .vote").wait_for()
    page.get_by_role("button", name="Both are bad").click()
    page.get_by_text("Kept: Both are bad.").wait_for()
    later = votes.rows()[-1]
    assert [message.content for message in later.messages] == ["What is a tie?", texts[1], "And a draw?"]
    assert later.rankings[0].status == "discarded"
    assert page.problems == []


def test_an_answer_can_be_stopped_and_conversations_are_kept(page, url, loaded_models, monkeypatch):
    step = BatchEngine._step

    def slow(engine, *arguments):
        time.sleep(0.02)
        step(engine, *arguments)

    monkeypatch.setattr(BatchEngine, "_step", slow)         # no answer ends before it is stopped
    for loaded in loaded_models:
        monkeypatch.setattr(loaded.local, "ends", frozenset())
    opened(page, url, longest=1900)
    page.locator("#who").select_option("tiny")
    ask(page, "Write without end")
    page.locator(".said p").first.wait_for()
    page.keyboard.press("Escape")
    page.locator(".answer footer").get_by_text("stopped").wait_for()
    httpx.get(f"{url}/health").raise_for_status()
    page.reload()
    page.locator("body[data-ready]").wait_for()
    other = page.context.new_page()         # another tab, whose conversations are kept beside these
    opened(other, url)
    other.locator("#who").select_option("tiny")
    ask(other, "sea")
    other.locator(".answer footer").get_by_text("Copy").wait_for()
    other.close()
    assert [talk["title"] for talk in sorted(kept(page), key=lambda talk: talk["changed"])] == ["Write without end", "sea"]
    page.locator("#list").get_by_text("sea", exact=True).wait_for()
    page.locator("#list").get_by_text("Write without end", exact=True).click()
    page.locator(".mine").get_by_text("Write without end").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete “Write without end”").click()
    page.locator(".hello").wait_for()
    assert [talk["title"] for talk in kept(page)] == ["sea"]
    assert page.problems == []


@pytest.mark.parametrize("page", [{"viewport": {"width": 320, "height": 640}, "locale": "zh-CN", "color_scheme": "dark"}],
                         indirect=True)
def test_a_narrow_chinese_page_has_everything_in_reach(page, url):
    opened(page, url)
    assert page.locator("#send").inner_text() == "发送"
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    ask(page, "天空为什么是蓝色的？")
    page.locator(".vote").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    boxes = [page.locator(target).bounding_box() for target in ("#send", "#who", "#language", "#theme")]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= 320 for box in boxes)
    page.get_by_role("button", name="对话", exact=True).click()
    page.locator("#list").get_by_text("天空为什么是蓝色的？").wait_for()
    page.keyboard.press("Escape")
    page.locator("#language").click()
    assert page.locator("#send").inner_text() == "Send"
    assert page.problems == []


HOSTILE = ["<img src=x onerror=\"window.hacked=1\">", "<script>window.hacked=2</script>", "[x](javascript:window.hacked=3)",
           "```html\n<iframe srcdoc=\"<script>parent.hacked=4</script>\"></iframe>\n```",
           "**<b onclick=1>bold</b>** `<i>`", "</div></article>"]


def test_what_a_model_says_runs_nothing_and_loads_nothing(page, url):
    page.goto(url)
    page.locator("body[data-ready]").wait_for()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    chunks = [{"choices": [{"index": 0, "delta": {"content": text + "\n\n"}, "finish_reason": None}]} for text in HOSTILE]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    page.route("**/v1/chat/completions",
               lambda route: route.fulfill(status=200, content_type="text/event-stream", body=body))
    page.locator("#who").select_option("tiny")
    ask(page, HOSTILE[0])
    page.locator(".said pre").wait_for()
    page.wait_for_timeout(200)
    said = page.locator(".said").inner_text()
    assert all(part in said for part in ("<img src=x", "<script>", "javascript:", "<iframe", "<b onclick=1>bold</b>", "<i>"))
    assert page.locator(".said img, .said script, .said iframe, .said a, .said b, #list img, .mine img").count() == 0
    assert page.evaluate("window.hacked") is None
    assert [url.rpartition("/v1/")[2] for url in asked] == ["chat/completions"]
    policy = httpx.get(f"{url}/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_busy_server_is_told_in_words_and_asked_again(page, url):
    page.goto(url)
    page.locator("body[data-ready]").wait_for()
    page.locator("#who").select_option("tiny")
    page.route("**/v1/chat/completions", lambda route: route.fulfill(status=429, headers={"retry-after": "7"}, body="{}"))
    ask(page, "tea")
    page.locator(".answer .problem").get_by_text("Try again in 7 s").wait_for()
    page.unroute("**/v1/chat/completions")
    page.get_by_role("button", name="Try again").click()
    page.locator(".said p").first.wait_for()
    assert page.locator("article").count() == 1


def test_a_key_is_asked_for_until_it_is_right(page, loaded_models):
    with running(loaded_models[:1], key="s3cret-键") as locked:
        page.goto(locked)
        for key in ("wrong", "s3cret-键"):
            page.locator("#key-dialog[open]").wait_for()
            page.locator("#key").fill(key)
            page.keyboard.press("Enter")
        page.locator("body[data-ready]").wait_for()
        ask(page, "tea")
        page.locator(".answer footer").get_by_text("Copy").wait_for()
        assert page.evaluate("localStorage.getItem('key')") is None


def test_a_long_conversation_gets_what_still_fits_and_then_a_new_one_is_advised(page, url):
    opened(page, url, longest=1500)
    page.locator("#who").select_option("tiny")
    ask(page, "tea " * 990)
    page.locator(".said p").first.wait_for()
    page.keyboard.press("Escape")
    page.locator(".answer footer").get_by_text("Copy").wait_for()
    ask(page, "tea " * 3000)
    page.locator(".problem").get_by_text("begin a new one").wait_for()
