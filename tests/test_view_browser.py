"""People looking at a stage in a real browser, English and Chinese, wide and on a phone, by mouse and by keys.

INSTRUCTWILD_PICTURES names a folder for pictures.
"""

import json
import re
import signal
import subprocess
import sys

import pytest

from instructwild import stage
from instructwild.clean.edit_file import read_edits
from instructwild.clean.pipeline import clean
from instructwild.schema import MadeBy, Message, Origin, instruction_of
from instructwild.stage.frames import instruction_frame
from tests import browser
from tests.browser import PHONE, WIDE, fits

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=\"window.hacked=1\"> \u202etxt\u0007 <script>window.hacked=2</script>"

POST = Origin(kind="reddit", source="garden", url="https://example.org/posts/7", author="d" * 16, license="CC-BY-4.0",
              collected_at="2026-03-01T10:00:00Z")
TOMATO = instruction_of("Why do the lower leaves of my tomato plants turn yellow in July?", language="en", origin=(POST,),
                        scores={"reward": 0.8}).answered(
    "Usually they lack nitrogen, or get too much water. Feed them, and let the soil dry out between waterings.")
TOMATO_TWIN = instruction_of("Why do the lower leaves of my tomato plant turn yellow in July?", origin=(POST,),
                             language="en")
TEA = instruction_of("怎样判断普洱茶有没有受潮？", language="zh-Hans", scores={"reward": 1.2}, origin=(
    Origin(kind="weibo", source="茶"),)).answered("先闻气味：有霉味就不要喝。再看茶饼表面，有白色或绿色的斑点说明已经受潮。")
BIKE = instruction_of("List three things to check before a long bicycle tour.", language="en", parents=(TOMATO.id,),
                      made_by=MadeBy(model="smollm2")).answered("Brakes, tyres and chain.")
TALK = instruction_of("x").model_copy(update={"id": "", "messages": (
    Message(role="system", content="You are a patient cook."), Message(role="user", content="I burnt the rice."),
    Message(role="assistant", content="That happens.", reasoning_content="Comfort first."),
    Message(role="user", content="How do I save it?"), Message(role="assistant", content="Lift the top part off."))})
NASTY = instruction_of(HOSTILE, language="en").answered("<b>[x](javascript:window.hacked=3)</b>")


@pytest.fixture
def stages(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTRUCTWILD_CACHE", str(tmp_path / "cache"))
    talk = type(TALK)(messages=TALK.messages, language="en")
    filler = [instruction_of(f"Question {number} about the harbour of town {number * 7}?", language="en")
              for number in range(60)]
    with stage.start(tmp_path / "posts", "collect", config={}) as run:
        run.finish(data=instruction_frame([TOMATO, TOMATO_TWIN, TEA, talk, NASTY, *filler]), report="<p>")
    with stage.start(tmp_path / "made", "expand", config={}, inputs=[stage.input_record(tmp_path / "posts")]) as run:
        run.finish(data=instruction_frame([BIKE]), report="<p>")
    clean([tmp_path / "posts", tmp_path / "made"], tmp_path / "clean", ["repair", "rules", "exact", "near"])
    return tmp_path


@pytest.fixture
def site(stages):
    """The link of a running page over the cleaned stage and what it was made from."""
    process = subprocess.Popen([sys.executable, "-m", "instructwild", "view", "clean", "posts", "--port", "0"], cwd=stages,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    link = process.stdout.readline().strip()
    assert link.startswith("http://127.0.0.1:"), process.stderr.read()
    yield link
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert "Traceback" not in told
    assert process.returncode == 0


def opened(chromium, link, locale="en", size=WIDE, touch=False, path=""):
    """The page of rows, once it shows some."""
    page = browser.opened(chromium, link.replace("/#", f"/{path}#"), locale, size, touch)
    page.locator("#rows li").first.wait_for()
    page.locator("#filters details").first.wait_for(state="attached")
    return page


def picture(page, name):
    browser.picture(page, f"view-{name}")


def closed(page):
    assert page.outside == []
    assert page.errors == []
    page.context.close()


def settled(page, total):
    page.wait_for_function("total => document.getElementById('total').textContent.includes(total)", arg=total)


def test_a_value_that_is_clicked_filters_and_a_text_is_searched_for(chromium, site):
    page = opened(chromium, site)
    assert "#" not in page.url
    settled(page, "66 rows")
    picture(page, "en-wide-list")
    page.locator("#filters button", has_text="dropped").first.click()
    settled(page, "1 row")
    assert "near_duplicate" in page.locator("#rows li").inner_text()
    page.reload()
    settled(page, "1 row")
    page.locator("#chips button").first.click()
    settled(page, "66 rows")
    page.locator("#q").fill("TOMATO")
    settled(page, "2 rows")
    page.locator(".histogram button").last.click()
    page.locator("#chips button").first.click()
    page.locator("#chips button").first.wait_for(state="detached")
    page.locator("#q").fill("(")
    page.locator("#regex").check()
    page.locator("#message", has_text="regular expression").wait_for()
    assert all("422" in error for error in page.errors)
    page.errors.clear()
    page.locator("#q").fill("tomato (plants|plant) turn")
    settled(page, "2 rows")
    closed(page)


def test_keys_move_open_edit_and_page(chromium, site, stages):
    page = opened(chromium, site)
    settled(page, "66 rows")
    page.keyboard.press("j")
    page.locator("#detail h3", has_text="Near twins").wait_for()
    page.locator("#detail mark", has_text="plant").first.wait_for()
    page.locator("#detail", has_text="kept in posts").wait_for()
    page.locator("#detail", has_text="What was made from it").wait_for()
    picture(page, "en-wide-row")
    page.keyboard.press("j")
    page.locator("#detail .text", has_text="普洱茶").first.wait_for()
    page.keyboard.press("k")
    page.locator("#detail .turn", has_text="tomato").first.wait_for()
    page.keyboard.press("d")
    page.keyboard.type("seen too often")
    page.keyboard.press("Enter")
    page.locator("#detail .badge", has_text="to be dropped").wait_for()
    page.locator("#rows li", has_text="to be dropped").wait_for()
    page.keyboard.press("e")
    page.locator(".edit-form textarea").first.fill("Why do tomato leaves turn yellow?")
    picture(page, "en-wide-edit")
    page.locator(".edit-form .main").click()
    page.locator("#detail .edit-kept", has_text="Why do tomato leaves").wait_for()
    page.keyboard.press("l")
    page.locator(".edit-form input").first.fill("gardening")
    page.keyboard.press("Enter")
    page.locator("#detail .badge", has_text="labels set").wait_for()
    edits = {edit.edit: edit for edit in read_edits(stages / "clean.edits.jsonl")}
    assert edits["drop"].note == "seen too often"
    assert edits["text"].contents[0] == "Why do tomato leaves turn yellow?"
    assert edits["labels"].labels.type == "gardening"
    page.keyboard.press("u")
    page.locator("#detail .badge", has_text="labels set").wait_for(state="detached")
    page.locator("#edited").check()
    settled(page, "1 row")
    page.locator("#edited").uncheck()
    settled(page, "66 rows")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.locator("#range", has_text="51").wait_for()
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    closed(page)


def test_a_dropped_row_is_restored_beside_its_twin(chromium, site, stages):
    page = opened(chromium, site, path="?state=dropped")
    settled(page, "1 row")
    page.locator("#rows li button.row").click()
    page.locator("#detail .twin", has_text="recorded as its duplicate").wait_for()
    page.get_by_role("button", name="Restore").click()
    page.locator(".edit-form .main").click()
    page.locator("#detail .badge", has_text="to be restored").wait_for()
    page.locator("#detail .twin button", has_text="Open").first.click()
    page.locator("#detail .badge.good").first.wait_for()
    assert read_edits(stages / "clean.edits.jsonl")[0].overrules == "near"
    closed(page)


def test_two_stages_are_compared_in_the_browser(chromium, site):
    page = opened(chromium, site)
    page.locator("#show-compare").click()
    page.locator("#compare-view select").first.select_option("1")
    page.locator("#compare-view select").nth(1).select_option("0")
    page.locator("#changes .twin", has_text="dropped").first.wait_for()
    assert sorted(page.locator("#changes .twin .badge:first-child").all_inner_texts()) == ["added", "dropped", "rewritten"]
    picture(page, "en-wide-compare")
    page.locator("#compare-q").fill("bicycle")
    page.keyboard.press("Enter")
    page.locator("#changes .total", has_text="1 row").wait_for()
    page.locator("#changes .twin button.id").click()
    page.locator("#detail .turn", has_text="bicycle").wait_for()
    closed(page)


def test_a_filter_chosen_by_keys_keeps_the_focus(chromium, site):
    page = opened(chromium, site)
    page.locator("#filters button", has_text="dropped").first.press("Enter")
    settled(page, "1 row")
    page.locator("#filters [aria-pressed=true]:focus").wait_for()
    page.keyboard.press("Enter")
    settled(page, "66 rows")
    closed(page)


def test_texts_from_the_world_do_nothing(chromium, site):
    page = opened(chromium, site, path="?q=hacked")
    settled(page, "1 row")
    assert "<img src=x" in page.locator("#rows li").inner_text()
    page.locator("#rows li button.row").click()
    page.locator("#detail .turn").first.wait_for()
    shown = page.locator("#detail").inner_text()
    assert "⟨U+202E⟩" in shown
    assert "\u202e" not in shown
    assert page.locator("#detail img, #detail script, #detail .turn b, #detail a").count() == 0
    page.keyboard.press("e")
    assert "\u202e" in page.locator(".edit-form textarea").first.input_value()
    assert page.evaluate("window.hacked") is None
    closed(page)


def test_a_phone_in_chinese_has_everything_in_reach(chromium, site):
    page = opened(chromium, site, locale="zh-CN", size=PHONE, touch=True)
    settled(page, "共 66 行")
    assert fits(page)
    picture(page, "zh-phone-list")
    page.locator("#toggle-filters").tap()
    page.locator("#filters button", has_text="zh-Hans").tap()
    settled(page, "共 1 行")
    assert fits(page)
    picture(page, "zh-phone-filters")
    page.locator("#toggle-filters").tap()
    page.locator("#rows li button.row").tap()
    page.locator("#detail h3", has_text="近似行").wait_for()
    page.locator("#detail", has_text="保留于").wait_for()
    assert fits(page)
    picture(page, "zh-phone-row")
    page.get_by_role("button", name="修改文本").tap()
    assert fits(page)
    picture(page, "zh-phone-edit")
    page.locator("#close-row").tap()
    page.locator("#show-compare").tap()
    page.locator("#changes .twin").first.wait_for()
    assert fits(page)
    picture(page, "zh-phone-compare")
    english = re.findall(r"[A-Za-z]{4,}", page.locator("header").inner_text())
    assert set(english) <= {"InstructWild", "Instruct", "Wild", "clean", "posts"}
    closed(page)


@pytest.mark.parametrize(("locale", "size", "name"), [("en", PHONE, "en-phone"), ("zh-CN", WIDE, "zh-wide")])
def test_both_languages_fit_both_sizes(chromium, site, locale, size, name):
    page = opened(chromium, site, locale=locale, size=size)
    assert fits(page)
    picture(page, f"{name}-list")
    page.locator("#rows li button.row").first.click()
    page.locator("#detail .twin").first.wait_for()
    assert fits(page)
    picture(page, f"{name}-row")
    page.locator("#language").click()
    page.locator("#rows li").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == ("zh-Hans" if locale == "en" else "en")
    closed(page)


def test_without_the_link_the_page_says_how_to_open_it(chromium, site):
    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(site.partition("#")[0])
    page.locator("#message", has_text="请打开终端里打印的链接").wait_for()
    assert page.locator("#rows li").count() == 0
    page.context.close()


def test_the_page_says_that_it_is_still_reading(chromium, stages):
    path = stages / "many.jsonl"
    path.write_text("".join(json.dumps({"instruction": f"Question {i}?"}) + "\n" for i in range(100_000)), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "instructwild", "view", "many.jsonl", "--port", "0"], cwd=stages,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        page = opened(chromium, process.stdout.readline().strip())
        settled(page, "100,000 rows")
        closed(page)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
