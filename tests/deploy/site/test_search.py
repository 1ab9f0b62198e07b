"""The site's search, in a real browser: it finds Chinese as it finds English."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support.tools import tool

pytestmark = pytest.mark.browser


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing, among the tests' lines."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the built site is served."""
    handler = functools.partial(_Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    """Its first page."""
    chromium = tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        yield page
        browser.close()


def search(page: Page, query: str) -> None:
    """Write ``query``, as an input method does: the text at once, and a key that is let go."""
    field = page.locator(".md-search__input")
    field.fill(query)
    field.press("End")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("适配器", "docs/howto/which-adapter.zh/"),
        ("偏移", "README.zh/"),
        ("基座模型", "docs/howto/which-adapter.zh/"),  # two words, to jieba
        ("语法约束", "README.zh/"),
        ("校准", "docs/howto/which-adapter.zh/"),
        ("grounded decoding", "docs/explanation/grounded-decoding/"),
        ("NERVE_DEADLINE_S", "docs/reference/settings/"),
    ],
)
def test_a_query_finds_its_page(page: Page, address: str, query: str, found: str) -> None:
    """In the middle of sentences, where no blank sets the word apart."""
    search(page, query)
    link = page.locator(f'.md-search-result__link[href^="{address}/{found}"]')
    expect(link.first).to_be_attached(timeout=60_000)


def test_a_word_that_is_nowhere_is_not_found(page: Page) -> None:
    """The search finds what is there, and nothing else."""
    search(page, "葡萄干")
    said = page.locator(".md-search-result__meta")
    expect(said).to_have_text("No matching documents", timeout=60_000)
