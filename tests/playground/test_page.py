"""What people see and do in the playground."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Gateway
from tests.fake_engine import answer, completes, finds

pytestmark = pytest.mark.browser


def extract(page: Page, text: str) -> None:
    """Type and ask, by keyboard alone."""
    page.locator("#text").fill(text)
    page.locator("#text").press("Control+Enter")


@pytest.mark.parametrize("surface", ["叶老桂", "😀叶", "𠮷野", "محمد"])
def test_marks_have_the_right_text(page: Page, gateway: Gateway, surface: str) -> None:
    """Offsets count as JavaScript does, past astral characters too."""
    gateway.engine.script = finds(surface)
    extract(page, f"😀𠮷 {surface}。")
    expect(page.locator(".marked [role=button]")).to_have_text([surface])
    expect(page.locator(".marked")).to_have_text(f"😀𠮷 {surface}。")


def test_hostile_text_is_inert(page: Page, gateway: Gateway) -> None:
    """It is shown as it is; the fixture fails on a policy violation."""
    hostile = "<script>x()</script><img src=x onerror=x()></textarea>\u202e叶老桂"
    gateway.engine.script = finds("<img src=x onerror=x()>", "叶老桂")
    extract(page, hostile)
    expect(page.locator(".marked [role=button]")).to_have_count(2)
    assert page.locator(".marked").evaluate("one => one.textContent") == hostile
    assert page.locator("img, main script").count() == 0


def test_an_engine_that_fails_is_said(page: Page, gateway: Gateway) -> None:
    """As an alert, with the gateway's own words."""
    gateway.engine.script = lambda body, receive, send: answer(send, {"error": "no"}, 500)
    extract(page, "叶老桂")
    expect(page.locator("#error")).to_contain_text("engine")


def test_what_was_dropped_is_said_with_its_reason(page: Page, gateway: Gateway) -> None:
    """The label, the text and why."""
    gateway.engine.script = completes("姓名：不在")
    extract(page, "叶老桂")
    expect(page.locator(".dropped li")).to_contain_text("不在")


def test_keyboard_shows_details(page: Page, gateway: Gateway) -> None:
    """Label, text and offsets; without scores the slider says why it is off."""
    gateway.engine.script = finds("叶老桂")
    extract(page, "说叶老桂")
    page.locator(".marked [role=button]").focus()
    expect(page.locator("#detail")).to_have_text("name · 叶老桂 · 1–4")
    expect(page.locator("#score")).to_be_disabled()
    expect(page.locator("#why")).to_have_text("This adapter gives no scores.")


def test_the_state_is_in_the_fragment(page: Page, browser: Browser, gateway: Gateway) -> None:
    """Another page that is given the link has the same fields."""
    page.locator("#text").fill("叶&#老桂")
    page.locator("#labels").fill("name")
    page.locator("#link").click()
    page.wait_for_url("**/#*")
    other = browser.new_page()
    other.goto(page.url)
    expect(other.locator("#text")).to_have_value("叶&#老桂")
    expect(other.locator("#labels")).to_have_value("name")
    other.close()


def test_labels_are_sent_and_in_the_json(page: Page, gateway: Gateway) -> None:
    """The labels that are typed are the request's."""
    page.locator("#labels").fill("name")
    with page.expect_request("**/extract") as asked:
        extract(page, "叶老桂")
    assert json.loads(asked.value.post_data or "")["labels"] == ["name"]


def test_it_speaks_chinese(browser: Browser, gateway: Gateway) -> None:
    """By the browser's language, and English when asked to."""
    page = browser.new_page(locale="zh-CN")
    page.goto(gateway.url)
    expect(page.locator("#go")).to_have_text("抽取")
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(page: Page, gateway: Gateway, scheme: str) -> None:
    """By axe's rules, contrast included."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    gateway.engine.script = finds("叶老桂")
    extract(page, "说叶老桂")
    expect(page.locator("#found")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
