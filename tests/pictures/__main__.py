"""The playground in both languages, with the default adapter's manifest and the answer that the
README shows; the engine is scripted to give it.

    make pictures                      # to docs/pictures
"""

import math
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, expect, sync_playwright
from starlette.types import Receive, Send

from service.app import create_app
from service.models.manifest import load
from service.models.registry import default_of
from tests.conftest import gateway_settings
from tests.pictures.digest import KEPT, PICTURES, of_page
from tests.playground.opening import extract, opened
from tests.support.fake_engine import FakeEngine
from tests.support.serving import serving
from tests.support.streaming import Words
from tests.support.waiting import until

ROOT = PICTURES.parents[1]
TEXT = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
SAID = "公司：浙商银行企业信贷部\n姓名：叶老桂\n职位：博士"
# Of the first character of each surface; what is made of them is the calibration's.
PROBABILITY = {"浙": 0.88, "叶": 0.82, "博": 0.97}
LANGUAGES = {"en-GB": "playground.png", "zh-CN": "playground.zh.png"}


async def says(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """The model's words, a token a character."""
    tokens = [[(one, math.log(PROBABILITY.get(one, 1.0)))] for one in SAID]
    await Words(list(SAID), [*tokens, [("<|im_end|>", 0.0)]])(body, receive, send)


@contextmanager
def gateway() -> Iterator[str]:
    """The address of one with the adapters of this checkout."""
    folder = ROOT / "adapters"
    default = load(folder / (default_of(folder) or ""))
    engine = FakeEngine(default.base, default.engine_name)
    engine.script = says
    with tempfile.TemporaryDirectory() as store, serving(engine) as engine_url:
        app = create_app(gateway_settings(folder, engine_url=engine_url, store=Path(store)))
        with serving(app) as url:
            until(lambda: httpx2.get(f"{url}/ready", trust_env=False).status_code == 200)
            yield url


def picture(browser: Browser, url: str, locale: str, out: Path) -> None:
    """The page with its answer."""
    looks: dict[str, Any] = {
        "locale": locale,
        "viewport": {"width": 1000, "height": 700},
        "color_scheme": "light",
    }
    with opened(browser, url, **looks) as page:
        extract(page, TEXT)
        # The times are those of a scripted engine.
        page.locator(".figures").evaluate("one => one.remove()")
        page.locator("h1").click()  # away from the text: no ring around it
        page.screenshot(path=out, full_page=True)


def main() -> int:
    """0 when all are made."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    expect.set_options(timeout=60_000)
    with gateway() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for locale, name in LANGUAGES.items():
            picture(browser, url, locale, PICTURES / name)
            print(PICTURES / name)
        browser.close()
    KEPT.write_text(of_page() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
