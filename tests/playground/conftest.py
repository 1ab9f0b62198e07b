"""A page in Debian's Chromium, in front of a real gateway and a scripted engine."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import Gateway


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; a skip says which package is missing."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing = "chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("REQUIRE_TOOLS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, gateway: Gateway) -> Iterator[Page]:
    """The playground in English; whatever it did, it asked nobody else and logged no error."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(gateway.url)
    page.wait_for_selector("#model option", state="attached")
    yield page
    context.close()
    outside = [url for url in asked if not url.startswith((gateway.url, "data:"))]
    assert not outside
    # Chromium itself logs an answer that is an error; the page says it to people.
    assert not [one for one in said if not one.startswith("Failed to load resource")]
