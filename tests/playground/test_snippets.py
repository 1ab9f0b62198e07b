"""The request to copy does what the page did, whatever the text: they are run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Gateway, running
from tests.playground.opening import drop_and_extract, extract, opened
from tests.playground.scripts import completes, finds
from tests.service.guard.test_keys import table
from tests.support.streaming import events_of

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


def run(tongue: str, code: str, page: Page, tmp_path: Path) -> str:
    """What running ``code`` prints."""
    if tongue == "javascript":
        log = "let said = ''; const console = { log: (one) => { said += text(one); } };"
        text = "const text = (one) => typeof one === 'string' ? one : JSON.stringify(one);"
        printed: str = page.evaluate(f"async () => {{ {text} {log}\n{code}\nreturn said; }}")
        return printed
    if tongue == "curl":
        return _run(["bash", "-c", code])
    file = tmp_path / "snippet.py"
    # As JSON, to be read here.
    file.write_text(code.replace("print(json.load(answer))", "print(answer.read().decode())"))
    return _run([sys.executable, "-X", "utf8", str(file)])


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
    page.locator("#stream").evaluate("one => { one.checked = false; }")
    with page.expect_response("**/extract") as came:
        drop_and_extract(page, text)
    asked = sorted(json.dumps(one) for one in pair.engine.asked)
    pair.engine.asked.clear()
    answer = json.loads(run(tongue, snippet(page, tongue), page, tmp_path))
    assert sorted(json.dumps(one) for one in pair.engine.asked) == asked
    assert answer.pop("id") != came.value.json()["id"]
    assert answer.items() <= came.value.json().items()
    assert answer["entities"]


@pytest.mark.parametrize("tongue", ["curl", "python", "javascript"])
def test_a_snippet_streams(page: Page, pair: Gateway, tmp_path: Path, tongue: str) -> None:
    """As the page did: event by event."""
    pair.engine.script = finds("叶老桂")
    extract(page, HOSTILE + '\n  "stream": true')
    printed = run(tongue, snippet(page, tongue), page, tmp_path)
    names = [name for name, _ in events_of(printed.strip().encode() + b"\n\n")]
    assert names == ["entity", "done"]


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
        gateway.engine.script = completes("无")
        extract(page, "叶老桂")
        for tongue in ["curl", "python", "javascript"]:
            assert "key-of-one" not in snippet(page, tongue)
        PLAIN["NERVE_API_KEY"] = "key-of-one"
        assert "event: done" in run("curl", snippet(page, "curl"), page, tmp_path)
        assert "event: done" in run("python", snippet(page, "python"), page, tmp_path)
