"""A headless Chromium, and pages that note what their consoles say."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = (
    "the browser tests need Chromium, which was not found: install it (Debian: apt-get install "
    "chromium), or name one by CHROMIUM=/path/to/chromium"
)


def chromium():
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.exit(HOW, returncode=1)
    return found


@pytest.fixture(scope="session")
def browser():
    # Without a sandbox of its own, which containers do not allow: the pages are ours.
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser):
    """Open an address; at the end nothing may have gone wrong in the page or left the machine."""
    problems, requests, pages = [], [], []

    def visit(address, width=1200, height=900):
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("console", lambda m: problems.append(m.text) if m.type in BAD else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        pages.append((page, address))
        return page

    yield visit
    for page, _ in pages:
        page.close()
    starts = (*(address for _, address in pages), "data:image/")
    assert problems == []
    assert [url for url in requests if not url.startswith(starts)] == []


BAD = ("error", "warning")
