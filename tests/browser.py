"""A real browser for tests: Chromium by playwright, pages that note what they ask of other hosts and which scripts fail.

INSTRUCTWILD_PICTURES names a folder for pictures, those of the docs among them.
"""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PICTURES = os.environ.get("INSTRUCTWILD_PICTURES")
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium():
    """A running Chromium; without one the test is skipped, or fails where CI has to have it."""
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def opened(chromium, link, locale="en", size=WIDE, touch=False):
    """A page; `outside` holds what it asked of other hosts, `errors` what its scripts complained about."""
    page = chromium.new_context(viewport=size, locale=locale, has_touch=touch, is_mobile=touch).new_page()
    page.outside, page.errors = [], []
    page.on("request", lambda request: page.outside.append(request.url) if "127.0.0.1" not in request.url
            and not request.url.startswith("data:") else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(20_000)
    page.goto(link)
    return page


def picture(page, name):
    """Keep what the page shows, where pictures are asked for."""
    if PICTURES:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def fits(page):
    """Whether nothing is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
