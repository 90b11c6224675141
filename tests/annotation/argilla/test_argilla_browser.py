"""A person in a real browser: signs in by invitation, ranks by keyboard and by mouse, in English and Chinese."""

import pytest

from instructwild.schema import Message
from instructwild_annotation import wire
from instructwild_annotation.people import person
from instructwild_annotation.pull import read_rankings
from instructwild_annotation.push import push_rows
from instructwild_annotation.server.command import make_account
from tests.annotation.rows import row
from tests.browser import picture

pytestmark = pytest.mark.argilla

ENGLISH = row("How do I keep houseplants alive while I am on holiday for two weeks?", [
    "Water them well the evening before, group them away from direct sun, and ask a neighbour to look in once a week. For "
    "thirsty ones, run a cotton string from a jug of water into the soil.",
    "Buy plastic plants.",
    "Plants need water, and water is important for plants because plants need water, and water is"])
CHINESE = row("两周不在家，怎样让盆栽不枯死？", [
    "出发前一晚浇透水，把花盆集中放在没有阳光直射的地方，请邻居每周看一次。特别需水的植物，可以用棉绳从水壶把水引到土里。",
    "买塑料花。", "植物需要水，因为植物需要水，所以植物需要"], language="zh-Hans")
HOSTILE = row("<img src=x onerror=\"window.hacked=1\">**not bold** [link](javascript:window.hacked=2)", [
    "<script>window.hacked=3</script>", "<iframe srcdoc=\"<script>parent.hacked=4</script>\"></iframe> # heading"])


def signed_in(chromium, account, locale="en"):
    page = chromium.new_context(viewport={"width": 1280, "height": 860}, locale=locale).new_page()
    page.set_default_timeout(180_000)        # a busy machine takes its time
    page.goto(account["link"])
    page.get_by_text("Your datasets").wait_for()
    page.get_by_text("rows").first.wait_for()
    return page


def opened(page, name):
    """Click the dataset on the home page, as a person would."""
    page.get_by_text(name, exact=True).click()
    page.locator("#answer_a .draggable__rank-card--unranked").wait_for()


def shown_row(page, rows):
    """The row on the screen, and the order in which its answers stand."""
    text = page.locator("body").inner_text()
    found = next(one for one in rows if one.messages[0].content[:12] in text)
    return found, wire.slots(found)


def rank_by_keys(page, places):
    """Type the place of the first card. The next one takes the focus by itself, a moment after the digit."""
    page.locator("#answer_a").focus()
    for slot, place in enumerate(places):
        page.wait_for_function("id => document.activeElement.id === id", arg=f"answer_{'abc'[slot]}")
        page.keyboard.press(str(place))
        page.locator(f".draggable__slot:nth-child({place}) #answer_{'abc'[slot]}").wait_for()


def rank_by_mouse(page, places):
    """Drag each card into its place."""
    for slot, place in enumerate(places):
        target = f".draggable__slot:nth-child({place})"
        page.locator(f"#answer_{'abc'[slot]}").drag_to(page.locator(f"{target} .draggable__slot-box"))
        page.locator(f"{target} #answer_{'abc'[slot]}").wait_for()


def submit(page, submitted):
    page.keyboard.press("Enter")
    page.wait_for_function("n => document.body.innerText.replace(/\\s+/g, ' ').includes('Submitted ' + n)", arg=submitted)


def test_two_people_rank_by_keyboard_and_mouse_and_disagree(chromium, connection):
    rows = [ENGLISH, CHINESE]
    push_rows(connection, rows, "plants", overlap=2)
    wanted = {}
    ids = {}
    for name in ("Anna", "李雷"):
        account = make_account(connection, name, new_password=True)
        ids[name] = next(u["id"] for u in connection.get("/users")["items"] if u["username"] == account["username"])
        page = signed_in(chromium, account)
        if name == "Anna":
            picture(page, "annotate-home")
        opened(page, "plants-k3")
        for number in range(2):
            page.locator(".draggable__questions-container #answer_c").wait_for()
            found, order = shown_row(page, rows)
            ranks = (1, 2, 2) if name == "Anna" else (2, 1, 3)
            typed = [ranks[index] for index in order]
            tag = "zh" if found is CHINESE else "en"
            if name == "Anna":
                picture(page, f"annotate-question-{tag}")
                rank_by_keys(page, typed)
                picture(page, f"annotate-ranked-{tag}")
            else:
                rank_by_mouse(page, typed)
            submit(page, number + 1)
            wanted[found.id, person(ids[name])] = ranks
        page.context.close()
    back = {(one.id, ranking.annotator): ranking.ranks for one in read_rankings(connection, "plants").rows
            for ranking in one.rankings}
    assert back == wanted


def test_hostile_texts_are_shown_and_never_run(chromium, connection):
    before = (Message(role="user", content="<img src=y onerror=\"window.hacked=5\">"),
              Message(role="assistant", content="**hello** <b>there</b>"))
    push_rows(connection, [HOSTILE.model_copy(update={"messages": (*before, *HOSTILE.messages)})], "hostile")
    page = signed_in(chromium, make_account(connection, "Eve", new_password=True))
    opened(page, "hostile-k2")
    page.get_by_text("<script>window.hacked=3</script>").wait_for()
    page.get_by_text("**hello** <b>there</b>").wait_for()
    page.get_by_text("**not bold** [link](javascript:window.hacked=2)").wait_for()
    page.wait_for_timeout(1000)
    assert page.evaluate("window.hacked") is None
    assert page.locator("iframe").count() == 0
    page.context.close()
