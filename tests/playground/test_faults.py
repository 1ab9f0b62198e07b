"""What people are told when something does not work, and how they go on."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from service.app import create_app
from tests.conftest import Gateway, gateway_settings, running
from tests.playground.opening import answered, extract, opened
from tests.playground.scripts import completes
from tests.service.guard.test_keys import table
from tests.support.fake_engine import fails
from tests.support.serving import free_port, serving


def test_an_engine_that_is_down_is_said(browser: Browser, adapters: Path) -> None:
    """In an alert: what it means, the gateway's own words, when to come back. The page works on."""
    nothing = f"http://127.0.0.1:{free_port()}"
    with (
        serving(create_app(gateway_settings(adapters, engine_url=nothing))) as url,
        opened(browser, url) as page,
    ):
        extract(page, "叶老桂")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("The engine is not there")
        expect(alert).to_contain_text("engine_unavailable")
        expect(alert).to_contain_text("Try again in")
        expect(page.locator("#result")).to_be_hidden()
        expect(page.locator("#text")).to_have_value("叶老桂")


def test_trying_again_asks_again(browser: Browser, pair: Gateway) -> None:
    """One key, and the answer takes the alert's place."""
    pair.engine.script = fails(500, {"error": "no"})
    with opened(browser, pair.url) as page:
        extract(page, "叶老桂")
        expect(page.get_by_role("alert")).to_contain_text("engine_error")
        pair.engine.script = completes("姓名：叶老桂")
        page.get_by_role("button", name="Try again").press("Enter")
        expect(page.locator("mark")).to_have_text(["叶老桂"])
        expect(page.get_by_role("alert")).to_be_empty()


def test_a_gateway_that_is_gone_is_said(browser: Browser, adapters: Path) -> None:
    """A page that was open while it ended."""
    with running(adapters) as gateway:
        tab = browser.new_page(locale="en-GB")
        tab.goto(gateway.url)
        tab.wait_for_selector("#model option", state="attached")
    extract(tab, "叶老桂")
    expect(tab.get_by_role("alert")).to_contain_text("The gateway cannot be reached.")
    tab.close()


def test_nul_is_refused_with_its_place(browser: Browser, pair: Gateway) -> None:
    """The gateway takes none; the page shows what it says."""
    with opened(browser, pair.url) as page:
        page.locator("#text").evaluate("one => { one.value = 'a\\0b'; }")
        page.locator("#text").press("Control+Enter")
        answered(page)
        expect(page.get_by_role("alert")).to_contain_text("without NUL")
        assert pair.engine.asked == []


def test_a_key_is_asked_for_where_one_is_needed(
    browser: Browser, adapters: Path, tmp_path: Path
) -> None:
    """The field has the focus; a key that may only extract is enough; a wrong one is said."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("one", "key-of-one", "extract"), encoding="utf-8")
    with (
        running(adapters, api_keys_file=keys) as gateway,
        opened(browser, gateway.url, models=False) as page,
    ):
        field = page.get_by_label("API key")
        expect(field).to_be_focused()
        field.fill("wrong")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("a wrong api key")
        field.fill("key-of-one")
        field.press("Enter")
        page.wait_for_selector("#model option", state="attached")
        gateway.engine.script = completes("无")
        expect(page.get_by_role("alert")).to_be_empty()
        extract(page, "叶老桂")
        expect(page.locator("#panel")).to_contain_text("No entities.")
        assert "key-of-one" not in page.url
