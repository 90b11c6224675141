"""People in a real browser, English and Chinese, wide and on a phone: keys, mouse, drag, a revoked link.

INSTRUCTWILD_PICTURES names a folder for the pictures of the docs.
"""

import json
import random
import signal

import pytest

from instructwild.schema import Message
from instructwild.schema.ranking import dense
from instructwild_annotation.page.exchange import push_rows, read_rankings
from instructwild_annotation.page.store import Store
from instructwild_annotation.people import person
from tests.annotation.argilla.conftest import free_port
from tests.annotation.page.test_page_command import start
from tests.annotation.rows import row
from tests.browser import PHONE, WIDE, fits, opened, picture

pytestmark = pytest.mark.slow

ENGLISH = row("How do I keep houseplants alive while I am on holiday for two weeks?", [
    "Water them well the evening before and group them away from direct sun.\n\n| plant | litres a week | where |\n"
    "|---|---|---|\n| fern | 1.5 | bathroom |\n| cactus | 0.1 | window sill |\n\n"
    "Thirsty ones drink through a **cotton string** from a jug.",
    "Buy plastic plants.",
    "<think>Two weeks are fourteen days.</think>Each plant needs $w = 0.2 d$ litres:\n\n```python\nfor day in range(14):\n"
    "    water(plants, litres=0.2 * day, note=\"a long line that does not fit on a telephone\")\n```"])
CHINESE = row("两周不在家，怎样让盆栽不枯死？", [
    "出发前一晚**浇透水**，把花盆集中放在没有阳光直射的地方，请邻居每周看一次。特别需水的植物，可以用棉绳从水壶把水引到土里。",
    "买塑料花。", "植物需要水，因为植物需要水，所以植物需要"], language="zh-Hans")
MANY = row("Which harbour is nicest?", [f"Harbour {i}" for i in range(12)])
HOSTILE = row("<img src=x onerror=\"window.hacked=1\">", ["<script>window.hacked=2</script>", 
    "[x](javascript:window.hacked=3)"])
EXCHANGE = row("And then?", ["Rest.", "Run."]).model_copy(update={"messages": (
    Message(role="user", content="I ran a marathon."), Message(role="assistant", content="**Well done!**"),
    Message(role="user", content="And then?"))})


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A running page; `link(name)` invites somebody, `.store` is its file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    port = free_port()
    store = Store(tmp_path / "home")
    process = start(tmp_path / "home", port)

    class Site:
        def __init__(self):
            self.store = store

        def link(self, name, **options):
            return f"http://127.0.0.1:{port}/#{store.invite(name, **options)}"

    yield Site()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    store.close()


def texts(page):
    return page.locator(".answer").evaluate_all("cards => cards.map(card => card.querySelector('.text').textContent)")


def kept(site, name, prompt):
    """The ranks that a person gave, by the beginning of each answer."""
    each = next(each for each in read_rankings(site.store).rows if each.id == prompt.id)
    ranking = next(ranking for ranking in each.rankings if ranking.annotator == person(name))
    return ranking.ranks


def meant(site, name, prompt, ranks):
    """The ranks of the candidates from those of the slots that a person saw."""
    with site.store.read() as db:
        shuffle = db.execute("SELECT shuffle FROM work JOIN people ON people.id=person JOIN records ON records.id=record "
                             "WHERE people.name=? AND row LIKE ?", (name, f"%{prompt.id}%")).fetchone()[0]
    order = json.loads(shuffle)
    result = [0] * len(order)
    for slot, candidate in enumerate(order):
        result[candidate] = ranks[slot]
    return dense(result)


def test_keys_rank_as_fast_as_they_are_typed_and_undo_skip_and_history_work(chromium, site):
    push_rows(site.store, [ENGLISH, EXCHANGE, HOSTILE, MANY])
    page = opened(chromium, site.link("anna"))
    page.locator("#guidelines").wait_for()
    assert "Which answer helps most?" in page.locator("#guidelines").inner_text()
    page.get_by_role("button", name="Understood").click()
    page.locator(".answer").first.wait_for()
    assert page.locator(".answer table, .answer pre, .answer .formula math").count() == 3
    assert not page.locator(".thoughts .raw").first.is_visible()
    picture(page, "page-question-en")
    page.keyboard.type("213")
    page.keyboard.type("122")               # typed anew, at full speed
    page.keyboard.press("Enter")
    page.get_by_text("And then?").first.wait_for()
    assert kept(site, "anna", ENGLISH) == meant(site, "anna", ENGLISH, [1, 2, 2])
    page.keyboard.press("u")                # back: the ranks are still there
    page.get_by_text("houseplants").first.wait_for()
    page.keyboard.press("Backspace")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.get_by_text("And then?").first.wait_for()
    assert kept(site, "anna", ENGLISH) == meant(site, "anna", ENGLISH, [1, 2, 3])
    page.get_by_text("The conversation before").click()
    assert page.locator("#before strong").inner_text() == "Well done!"
    page.keyboard.press("s")
    page.get_by_label("The question is unclear").check()
    page.get_by_role("button", name="OK").click()
    page.get_by_text("<img src").wait_for()
    page.get_by_role("button", name="plain text").first.click()
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    page.get_by_text("nicest").wait_for()
    for rank in (12, 11, 10):
        page.keyboard.type(str(rank))
    page.keyboard.type("98765432")
    page.keyboard.type("01")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you!").wait_for()
    assert kept(site, "anna", MANY) == meant(site, "anna", MANY, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    page.get_by_role("button", name="My answers").click()
    page.locator(".list button").filter(has_text="houseplants").click()
    page.locator(".answer").nth(2).wait_for()
    page.keyboard.type("333")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you!").wait_for()
    assert kept(site, "anna", ENGLISH) == (1, 1, 1)
    assert page.locator("#progress").inner_text().startswith("3 done")
    assert page.evaluate("window.hacked") is None
    assert page.outside == []
    assert page.errors == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(("locale", "prompt", "title"), [
    ("zh-CN", CHINESE, "哪个回答最有帮助？"), ("en", ENGLISH, "Which answer helps most?")])
def test_both_languages_by_mouse_or_touch_without_sideways_scrolling(chromium, site, size, locale, prompt, title):
    push_rows(site.store, [prompt])
    phone = size is PHONE
    page = opened(chromium, site.link("李雷"), locale, size, touch=phone)
    page.get_by_role("heading", name=title).wait_for()
    assert fits(page)
    picture(page, f"page-guidelines-{locale[:2]}-{'phone' if phone else 'wide'}")
    page.locator("#guidelines button").click()
    press = (lambda button: button.tap()) if phone else (lambda button: button.click())
    press(page.locator(".answer").nth(1).locator(".ranks button").nth(0))
    press(page.locator(".answer").nth(0).locator(".ranks button").nth(2))
    # the third answer is dragged into place 2
    page.locator(".chip", has_text="C").scroll_into_view_if_needed()
    source, target = (page.locator(where).bounding_box() for where in (".chip:text('C')", ".place[data-rank='2']"))
    page.mouse.move(source["x"] + 5, source["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 12, target["y"] + 12, steps=4)
    page.mouse.up()
    assert fits(page)
    picture(page, f"page-ranked-{locale[:2]}-{'phone' if phone else 'wide'}")
    page.locator("#language").click()
    assert page.locator("#send").inner_text() == ("Send (Enter)" if locale == "zh-CN" else "提交（回车）")
    press(page.locator("#send"))
    page.locator("#nothing").wait_for()
    assert kept(site, "李雷", prompt) == meant(site, "李雷", prompt, [3, 1, 2])
    assert fits(page)
    assert page.outside == []
    assert page.errors == []


def test_a_broken_connection_keeps_the_places_and_a_revoked_link_says_so(chromium, site):
    push_rows(site.store, [ENGLISH, CHINESE])
    page = opened(chromium, site.link("anna"))
    page.locator(".answer").first.wait_for()
    page.keyboard.type("321")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.get_by_text("Not sent: no connection").wait_for()
    page.context.set_offline(False)
    page.reload()
    page.locator(".answer").nth(2).wait_for()
    page.wait_for_function("!document.getElementById('send').disabled")
    page.keyboard.press("Enter")
    page.get_by_text("两周不在家").first.wait_for()
    assert kept(site, "anna", ENGLISH) == meant(site, "anna", ENGLISH, [3, 2, 1])
    site.store.revoke("anna")
    page.keyboard.type("111")
    page.keyboard.press("Enter")
    page.get_by_text("open your personal link again").wait_for()


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_lead_measures_whether_there_are_enough_rankings(chromium, site, locale):
    rng = random.Random(0)
    rows = [row(f"Question {i}?", [" ".join(rng.choices(["well", "badly"], weights, k=20)) for weights in ((1, 4), (4, 1))])
            for i in range(70)]
    types = {each.id: ("code", "open_qa")[i % 2] for i, each in enumerate(rows)}
    push_rows(site.store, rows, overlap=2, types=types)
    answer_all(site, "anna", lambda item: [1 if item.row.candidates[c].text.count("well") > 9 else 2 for c in item.shuffle])
    answer_all(site, "finch", lambda item: [rng.randint(1, 2), 1])
    page = opened(chromium, site.link("lead", role="lead"), locale)
    page.get_by_role("button", name="Measure" if locale == "en" else "测量").click()
    page.locator("meter").nth(5).wait_for()
    assert "open qa" in page.locator("#lead").inner_text()
    more = page.get_by_role("button", name="Show more" if locale == "en" else "显示更多").first
    lines = page.locator("#lead tbody").last.locator("tr")
    before = page.locator("#lead tr").count()
    more.click()
    page.wait_for_function(f"document.querySelectorAll('#lead tr').length > {before}")
    assert lines.count() > 0
    picture(page, f"page-lead-curve-{locale[:2]}-wide")
    page.set_viewport_size(PHONE)
    assert fits(page)
    picture(page, f"page-lead-curve-{locale[:2]}-phone")
    assert page.outside == []
    assert page.errors == []


def answer_all(site, name, ranks):
    from instructwild_annotation.page.queue import Queue

    queue = Queue(site.store, site.store.open_session(site.store.invite(name))[1])
    while (item := queue.next()) is not None:
        queue.submit(item.id, {"ranks": ranks(item), "seconds": 12})


FORMULAS = row("求解 $x^2 - 2x = 0$ 并说明理由。", [
    "分解得 \\(x(x-2)=0\\)，所以\n\n\\[ x = 0 \\quad \\text{或} \\quad x = 2 \\]",
    "$$x = \\frac{2 \\pm \\sqrt{4 - 0}}{2}$$\n\n" + "$" + " + ".join(f"a_{{{i}}} x^{{{i}}}" for i in range(30)) + "$",
    "答案是 $\\frac{1$，我没写完；价格 $5 和 $6。"], language="zh-Hans")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_formulas_are_set_without_a_script_and_fit_a_telephone(chromium, site, size):
    push_rows(site.store, [FORMULAS])
    page = opened(chromium, site.link("anna"), "zh-CN", size, touch=size is PHONE)
    page.locator("#guidelines button").click()
    page.locator(".answer").nth(2).wait_for()
    assert page.locator("#prompt math msup").count() == 1
    assert page.locator(".answer math").count() >= 4
    heights = page.locator(".answer mfrac").bounding_box()
    assert heights["height"] > 20           # set as a fraction, not in one line
    assert page.locator(".answer .math").inner_text() == "\\frac{1"
    assert fits(page)
    picture(page, f"page-formulas-zh-{'phone' if size is PHONE else 'wide'}")
    assert page.outside == []
    assert page.errors == []


def test_the_lead_sees_people_by_name_and_settles(chromium, site):
    push_rows(site.store, [ENGLISH, CHINESE], overlap=2)
    from instructwild_annotation.page.queue import Queue

    for name, flip in (("anna", False), ("李雷", True)):
        session = site.store.open_session(site.store.invite(name))
        queue = Queue(site.store, session[1])
        while (item := queue.next()) is not None:
            ranks = [1 + item.shuffle[slot] for slot in range(3)]
            queue.submit(item.id, {"ranks": [4 - rank for rank in ranks] if flip and item.row.language == "en" else ranks,
                                   "seconds": 12})
    page = opened(chromium, site.link("lead", role="lead"))
    page.get_by_role("heading", name="People", exact=True).wait_for()
    assert "李雷" in page.locator("#lead").inner_text()
    picture(page, "page-lead-en")
    page.get_by_role("button", name="Rank it myself").click()
    page.locator(".answer").nth(2).wait_for()
    page.keyboard.type("123")
    page.keyboard.press("Enter")
    page.locator("#nothing").wait_for()
    page.get_by_role("button", name="Overview").click()
    page.get_by_role("button", name="Make gold").click()
    page.get_by_role("heading", name="People", exact=True).wait_for()
    assert sum(len(each.rankings) for each in read_rankings(site.store).rows) == 5
    assert page.locator("#set").count() == 0
    push_rows(site.store, [MANY], "海港")
    page.get_by_role("button", name="Refresh").click()
    page.get_by_label("Set:").select_option("海港")
    page.get_by_text("0 / 1").wait_for()
    assert page.locator("#set").input_value() == "海港"
    assert page.locator("#lead tbody").first.locator("td").nth(2).inner_text() == "0"
    picture(page, "page-lead-sets-wide")
    page.set_viewport_size(PHONE)
    assert fits(page)
    picture(page, "page-lead-sets-phone")
    assert page.outside == []
    assert page.errors == []
