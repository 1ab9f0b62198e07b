"""The history: kept in this browser alone, when it is switched on, and no more than so much."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import BASE, Gateway
from tests.playground.opening import extract
from tests.playground.scripts import finds
from tests.playground.test_looks import checked
from tests.support.fake_engine import fails

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e叶老桂😀"


def kept(page: Page) -> list[dict[str, Any]] | None:
    """What the browser has."""
    found: list[dict[str, Any]] | None = json.loads(
        page.evaluate("localStorage.getItem('nerve.history') ?? 'null'")
    )
    return found


def switch_on(page: Page) -> None:
    """By keyboard."""
    page.get_by_text("History", exact=True).click()
    page.get_by_label("Keep what I ask in this browser").press("Space")


def test_nothing_is_kept_until_it_is_switched_on(page: Page) -> None:
    """Neither texts nor anything else."""
    extract(page, "叶老桂")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_what_was_asked_is_filled_in_again(page: Page, pair: Gateway) -> None:
    """Newest first, each once, after another visit too; nothing is asked by that."""
    pair.engine.script = finds("叶老桂")
    switch_on(page)
    page.locator("#model").select_option(BASE)
    page.locator("#new-label").fill("animal: any")
    extract(page, HOSTILE)
    page.locator("#model").select_option(index=0)
    extract(page, "二")
    extract(page, HOSTILE)
    extract(page, "二")
    page.reload()
    page.get_by_text("History", exact=True).click()
    expect(page.locator("#entries button")).to_have_text(["二", HOSTILE, HOSTILE])
    before = len(pair.engine.asked)
    page.locator("#entries button").nth(2).click()
    expect(page.locator("#text")).to_have_value(HOSTILE)
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#model")).to_have_value(BASE)
    expect(page.locator("#chips")).to_contain_text("animal")
    assert len(pair.engine.asked) == before
    assert page.locator("img").count() == 0


def test_off_deletes_it(page: Page) -> None:
    """At once, in the browser too; so does the button, which leaves the switch on."""
    switch_on(page)
    extract(page, "一")
    page.get_by_role("button", name="Delete the history").click()
    assert kept(page) == []
    extract(page, "二")
    page.get_by_label("Keep what I ask in this browser").press("Space")
    expect(page.locator("#entries li")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("The history is deleted.")
    assert kept(page) is None
    extract(page, "三")
    assert kept(page) is None


def test_no_key_and_nothing_that_failed_is_kept(page: Page, pair: Gateway) -> None:
    """A key is never among what the browser keeps."""
    switch_on(page)
    page.locator("#key").evaluate("one => (one.value = 'secret')")
    pair.engine.script = fails(500, {"error": "no"})
    extract(page, "一")
    assert kept(page) == []
    pair.engine.script = finds("叶老桂")
    extract(page, "叶老桂")
    assert [one["found"] for one in kept(page) or []] == [1]
    assert "secret" not in page.evaluate("JSON.stringify(localStorage)")


def test_it_is_bounded(page: Page) -> None:
    """The last fifty; none longer than 20,000 characters, all together under 500,000."""
    old = [{"state": f"text={at}" + "x" * 15_000, "found": 0, "when": at} for at in range(60)]
    page.evaluate("kept => localStorage.setItem('nerve.history', kept)", json.dumps(old))
    page.reload()
    extract(page, "新")
    found = kept(page) or []
    assert found[0]["state"].startswith("text=%E6%96%B0")
    assert len(found) == 34 and len(json.dumps(found)) <= 500_000 + 34 * 50
    extract(page, "长" * 7_000)  # as a link has them: nine characters each
    assert kept(page) == found


@pytest.mark.parametrize(
    "text", ["{", "[1, null, {}]", '[{"state": 1, "found": 0, "when": 0}]', "7"]
)
def test_what_is_kept_and_is_no_history_harms_nothing(page: Page, text: str) -> None:
    """Another version's."""
    page.evaluate("kept => localStorage.setItem('nerve.history', kept)", text)
    page.reload()
    expect(page.locator("#entries li")).to_have_count(0)
    extract(page, "一")


def test_another_window_sees_it(page: Page) -> None:
    """What one keeps, the other shows; off in one is off in both."""
    switch_on(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text("History", exact=True).click()
    extract(page, "一")
    expect(other.locator("#entries button")).to_have_text(["一"])
    page.get_by_label("Keep what I ask in this browser").press("Space")
    expect(other.get_by_label("Keep what I ask in this browser")).not_to_be_checked()


def test_the_history_is_accessible(page: Page) -> None:
    """By axe's rules."""
    switch_on(page)
    extract(page, "叶老桂")
    checked(page)
