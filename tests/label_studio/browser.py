"""A browser in which somebody uses Label Studio."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.label_studio.clicks import Person
from tests.label_studio.studio import Studio

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
# The machine may be busy.
_TIMEOUT_MS = 60_000


@contextmanager
def somebody(studio: Studio, width: int, height: int) -> Iterator[Person]:
    """At Chromium with a window of so many pixels; what failed is kept as a picture."""
    expect.set_options(timeout=_TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB", viewport={"width": width, "height": height})
        page.set_default_timeout(_TIMEOUT_MS)
        try:
            yield Person(page, studio, PICTURES)
        except Exception:
            page.screenshot(path=ROOT / ".nerve" / "label-studio-failed.png")
            raise
        finally:
            browser.close()


def chromium() -> str:
    """Raises SystemExit, which says the package that has it."""
    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("chromium is not installed (Debian: apt-get install chromium)")
    return found
