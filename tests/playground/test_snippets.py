"""The request to copy does what the page did, whatever the text: they are run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Gateway, running
from tests.fake_engine import finds
from tests.playground.opening import drop_and_extract, extract, opened
from tests.test_keys import table

pytestmark = pytest.mark.browser

HOSTILE = (
    '叶老桂\'s "$HOME" `id` $(id) ${x} \\ \\n \\u0041 !! %s # & ; | > < * ? ~ \t'
    "'''\"\"\"\nNERVE\n'\n\u2028\u202e\u0085\ufeff\x1b[31m\x7f😀𠮷 </script> {{ }} "
    "True null #{x} <%= x %>"
)
PLAIN = {**os.environ, "no_proxy": "127.0.0.1", "HOME": "/nowhere"}


def snippet(page: Page, tongue: str) -> str:
    """What is copied in ``tongue``."""
    page.locator("#tab-request").click()
    page.get_by_label("Language").select_option(tongue)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#status")).to_have_text("Copied.")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


def run(tongue: str, code: str, page: Page, tmp_path: Path) -> dict[str, Any]:
    """The answer that running ``code`` prints."""
    if tongue == "javascript":
        # With what it logs as its result.
        log = "let said; const console = { log: (one) => { said = one; } };"
        body = f"async () => {{ {log}\n{code}\nreturn said; }}"
        answer: dict[str, Any] = page.evaluate(body)
        return answer
    if tongue == "curl":
        printed = _run(["bash", "-c", code])
        return dict(json.loads(printed))
    file = tmp_path / "snippet.py"
    file.write_text(
        code.replace("print(json.load(answer))", "print(answer.read().decode())"), "utf-8"
    )
    return dict(json.loads(_run([sys.executable, str(file)])))


def _run(command: list[str]) -> str:
    done = subprocess.run(command, env=PLAIN, capture_output=True, check=True, timeout=30)
    return done.stdout.decode()


@pytest.mark.parametrize("tongue", ["curl", "python", "javascript"])
@pytest.mark.parametrize("text", [HOSTILE, HOSTILE + "没有。" * 12_000], ids=["hostile", "long"])
def test_a_snippet_asks_the_same(
    page: Page, pair: Gateway, tmp_path: Path, tongue: str, text: str
) -> None:
    """The engine is asked the same, and the answer is the same but for its id."""
    pair.engine.script = finds("叶老桂")
    with page.expect_response("**/extract") as came:
        drop_and_extract(page, text)
    asked = sorted(json.dumps(one) for one in pair.engine.asked)
    pair.engine.asked.clear()
    answer = run(tongue, snippet(page, tongue), page, tmp_path)
    assert sorted(json.dumps(one) for one in pair.engine.asked) == asked
    assert answer.pop("id") != came.value.json()["id"]
    assert answer.items() <= came.value.json().items()
    assert answer["entities"]


def test_what_cannot_be_seen_is_escaped(page: Page) -> None:
    """So that a line reads as it runs, and no terminal is told anything."""
    extract(page, HOSTILE)
    for tongue in ["curl", "python", "javascript"]:
        code = snippet(page, tongue)
        assert not set(code) & set("\u2028\u202e\u0085\ufeff\x1b\x7f")


def test_the_key_is_not_in_it(browser: Browser, adapters: Path, tmp_path: Path) -> None:
    """It comes from the environment; with it, the snippet is let in."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("one", "key-of-one", "extract"), encoding="utf-8")
    with (
        running(adapters, api_keys_file=keys) as gateway,
        opened(browser, gateway.url, models=False) as page,
    ):
        page.locator("#key").fill("key-of-one")
        page.locator("#key").press("Enter")
        page.wait_for_selector("#model option", state="attached")
        extract(page, "叶老桂")
        for tongue in ["curl", "python", "javascript"]:
            assert "key-of-one" not in snippet(page, tongue)
        PLAIN["NERVE_API_KEY"] = "key-of-one"
        assert run("curl", snippet(page, "curl"), page, tmp_path)["entities"] == []
        assert run("python", snippet(page, "python"), page, tmp_path)["entities"] == []
