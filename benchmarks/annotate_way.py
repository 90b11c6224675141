"""An annotator's way from the link to the third ranking, on our own page and in Argilla: clicks, keys and seconds.

    python -m benchmarks.annotate_way

Somebody who never hesitates: the seconds are the machine's, reading comes on top. Chromium must be there; without Argilla's
environment (instructwild annotate serve --prepare) its part is left out.
"""

import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.results import save
from instructwild_annotation.page.exchange import push_rows
from instructwild_annotation.page.store import Store
from instructwild_annotation.server import environment
from tests.annotation.argilla.conftest import free_port
from tests.annotation.argilla.test_argilla_browser import CHINESE, ENGLISH, rank_by_keys, rank_by_mouse, signed_in, submit
from tests.annotation.argilla.test_argilla_browser import opened as open_set
from tests.annotation.argilla.test_argilla_server import Serving
from tests.annotation.page.test_page_command import start
from tests.annotation.rows import row
from tests.browser import CHROMIUM, FLAGS, PHONE, WIDE, opened

ROWS = [ENGLISH, CHINESE, row("Which of these is a fruit?", ["An apple.", "A brick.", "Fruit is food."])]
RANKS = (2, 1, 3)


def main() -> None:
    """Walk both ways, by mouse, by keys and by finger, and save what it took."""
    if CHROMIUM is None:
        print("no Chromium: apt-get install chromium")
        return
    from playwright.sync_api import sync_playwright

    os.environ["INSTRUCTWILD_SALT"] = "salt and pepper"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        rows = _our_page(browser, Path(folder))
        if environment.is_ready(environment.location()):
            rows += _argilla(browser, Path(folder))
        browser.close()
    save("annotate_way", "Annotate: from the link to the third ranking", "Three questions of three answers each, ranked by "
         "somebody who was sent a link and never hesitates.",
         [{"caption": "What is done after the link was opened", "columns": ["path", "by", "clicks, taps or drags", "keys",
                                                                            "seconds"], "rows": rows}],
         [f"Load of the machine while it was measured: {os.getloadavg()[0]:.0f}; server and browser share its cores."])


def _our_page(browser: Any, folder: Path) -> list[list[Any]]:
    result = []
    port = free_port()
    with Store(folder / "page") as store:
        push_rows(store, ROWS, overlap=9)
        links = [f"http://127.0.0.1:{port}/#{store.invite(name)}" for name in ("mouse", "keys", "finger")]
    process = start(folder / "page", port)
    for way, link in zip(("mouse", "keys", "finger"), links, strict=True):
        done: Counter[str] = Counter()
        began = time.perf_counter()
        page = opened(browser, link, size=PHONE if way == "finger" else WIDE, touch=way == "finger")

        def press(element: Any, way: str = way, done: Counter[str] = done) -> None:
            (element.tap if way == "finger" else element.click)()
            done["pressed"] += 1

        if way != "keys":
            press(page.locator("#guidelines button"))
        for number in range(len(ROWS)):
            page.locator(f"#progress:text('{number} done')").wait_for()
            page.locator(".answer").nth(2).wait_for()
            if way == "keys":
                page.keyboard.type("".join(map(str, RANKS)))
                page.keyboard.press("Enter")
                done["keys"] += len(RANKS) + 1
            else:
                for slot, rank in enumerate(RANKS):
                    press(page.locator(".answer").nth(slot).locator(".ranks button").nth(rank - 1))
                press(page.locator("#send"))
        page.locator("#nothing").wait_for()
        result.append(["our page", way, done["pressed"], done["keys"], f"{time.perf_counter() - began:.1f}"])
        page.context.close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return result


def _argilla(browser: Any, folder: Path) -> list[list[Any]]:
    source = folder / "candidates.jsonl"
    source.write_text("".join(each.model_dump_json() + "\n" for each in ROWS), encoding="utf-8")
    serving = Serving(folder / "argilla", free_port(), source, "--overlap", "9", "--invite", "mouse", "--invite", "keys")
    result = []
    for way in ("mouse", "keys"):
        began = time.perf_counter()
        page = signed_in(browser, {"link": serving.invitation()})
        open_set(page, "rankings-k3")
        done = Counter({"pressed": 1})
        for number in range(len(ROWS)):
            page.locator(".draggable__questions-container #answer_c").wait_for()
            (rank_by_keys if way == "keys" else rank_by_mouse)(page, RANKS)
            submit(page, number + 1)
            done["keys" if way == "keys" else "pressed"] += len(RANKS)
            done["keys"] += 1
        result.append(["Argilla", way, done["pressed"], done["keys"], f"{time.perf_counter() - began:.1f}"])
        page.context.close()
    serving.stop()
    return result


if __name__ == "__main__":
    main()
