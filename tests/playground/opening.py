"""How tests open the playground and ask it something."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect


@contextmanager
def opened(browser: Browser, url: str, models: bool = True, **context: Any) -> Iterator[Page]:
    """The page at ``url``, in English unless ``context`` says otherwise. Whatever is done with it,
    it asks nobody but its gateway, and logs nothing: no error, no breach of its policy."""
    tab = browser.new_context(**{"locale": "en-GB", **context})
    tab.grant_permissions(["clipboard-read", "clipboard-write"])
    page = tab.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    if models:
        page.wait_for_selector("#model option", state="attached")
    yield page
    tab.close()
    origin = url.split("#")[0].rstrip("/")
    assert not [one for one in asked if not one.startswith((origin, "data:", "blob:"))]
    # The text of a link stays in the browser.
    assert not [one for one in asked if "text=" in one.split("#")[0]]
    # Chromium itself logs an answer that is an error; the page says it to people.
    assert not [one for one in said if not one.startswith("Failed to load resource")]


def extract(page: Page, text: str) -> None:
    """Type and ask, by keyboard alone; returns when the answer is there."""
    page.locator("#text").fill(text)
    page.locator("#text").press("Control+Enter")
    answered(page)


def drop(page: Page, name: str, content: bytes) -> None:
    """Let a file fall on the form."""
    drop_all(page, {name: content})


def drop_all(page: Page, files: Mapping[str, bytes]) -> None:
    """Let files fall on the form, all at once."""
    page.evaluate(
        """(files) => {
          const dataTransfer = new DataTransfer();
          for (const [name, bytes] of files)
            dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type: "text/plain" }));
          for (const type of ["dragover", "drop"]) {
            const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
            document.getElementById("text").dispatchEvent(event);
          }
        }""",
        [[name, list(content)] for name, content in files.items()],
    )


_NEXT_FRAME = """() => new Promise((is) =>
  requestAnimationFrame(() => requestAnimationFrame(is)))"""


def answered(page: Page) -> None:
    """Return when nothing is being asked any more, and something is shown."""
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#panel article, #error p").first).to_be_visible()
    # The last of it is painted at the next frame.
    page.evaluate(_NEXT_FRAME)


def drop_and_extract(page: Page, text: str) -> None:
    """As ``extract``, for a text that takes too long to type."""
    drop(page, "long.txt", text.encode())
    expect(page.locator("#text")).to_have_value(text)
    page.locator("#text").press("Control+Enter")
    answered(page)


def tags(page: Page) -> list[str]:
    """What the tags behind entities say, in their order."""
    said: list[str] = page.locator(".tag").evaluate_all("all => all.map((one) => one.ariaLabel)")
    return said
