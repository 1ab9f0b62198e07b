"""Labels of one's own: typed, described, changed, and kept in the browser as sets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import BASE, Gateway
from tests.playground.opening import opened
from tests.playground.test_asking import asked
from tests.playground.test_looks import checked
from tests.support.open_adapter import OPEN, open_gateway

FILL = """() => { for (let size = 8_388_608; size >= 1; size /= 2)
  try { localStorage.setItem(size, "x".repeat(size)); } catch { /* a smaller one may fit */ } }"""
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e🐟"


@pytest.fixture(scope="module")
def shared_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose default has labels, and that has an adapter for any."""
    with open_gateway(tmp_path_factory.mktemp("adapters")) as gateway:
        yield gateway


@pytest.fixture
def page(browser: Browser, shared_open: Gateway) -> Iterator[Page]:
    """Its playground, in English."""
    with opened(browser, shared_open.url) as page:
        yield page


def named(page: Page, name: str, description: str = "") -> None:
    """Type a label, by keyboard alone."""
    page.get_by_label("Another label, of your own").fill(name)
    page.get_by_label("What it is").fill(description)
    page.get_by_label("What it is").press("Enter")


def keep_as(page: Page, name: str) -> None:
    """Keep the labels as a set."""
    page.get_by_label("Name of the set").fill(name)
    page.get_by_label("Name of the set").press("Enter")


def test_one_click_leads_from_the_default_to_labels_of_ones_own(page: Page) -> None:
    """The open adapter is chosen, before the base model, and the field waits for a name."""
    page.get_by_role("button", name="Labels of your own…").click()
    expect(page.locator("#model")).to_have_value(OPEN)
    expect(page.get_by_label("Another label, of your own")).to_be_focused()
    expect(page.get_by_role("button", name="Labels of your own…")).to_be_hidden()
    named(page, "fish", "salt, fresh: any")
    named(page, "boat")
    expect(page.get_by_label("Another label, of your own")).to_be_focused()
    expect(page.locator("#chips")).to_contain_text("salt, fresh: any")
    body = asked(page)
    assert (body["model"], body["labels"]) == (OPEN, {"fish": "salt, fresh: any", "boat": ""})


def test_without_an_open_adapter_it_is_the_base_model(browser: Browser, pair: Gateway) -> None:
    """Which takes any labels, too."""
    with opened(browser, pair.url) as page:
        page.get_by_role("button", name="Labels of your own…").click()
        expect(page.locator("#model")).to_have_value(BASE)


def test_what_is_typed_and_not_added_is_asked_for(page: Page) -> None:
    """Who types a label and asks has meant it."""
    page.locator("#own").click()
    page.get_by_label("Another label, of your own").fill("fish")
    page.get_by_label("What it is").fill("any")
    assert asked(page)["labels"] == {"fish": "any"}


def test_a_label_is_changed(page: Page) -> None:
    """A click on its name has it in the fields again; what was typed there is added first."""
    page.locator("#own").click()
    named(page, "fish", "any")
    page.get_by_label("Another label, of your own").fill("boat")
    page.get_by_role("button", name="Change fish").click()
    expect(page.get_by_label("What it is")).to_have_value("any")
    named(page, "fish", "of the sea")
    assert asked(page)["labels"] == {"boat": "", "fish": "of the sea"}


def test_a_set_is_kept_and_used_again(page: Page) -> None:
    """In another visit, instead of the labels there; deleted, it is gone for good."""
    page.locator("#own").click()
    named(page, "fish", "any")
    keep_as(page, "sea")
    expect(page.locator("#status")).to_have_text("sea is kept in this browser.")
    page.reload()
    page.locator("#own").click()
    named(page, "other")
    page.get_by_label("Sets of labels").select_option("sea")
    assert asked(page)["labels"] == {"fish": "any"}
    page.get_by_role("button", name="Delete this set").click()
    expect(page.locator("#set option")).to_have_text(["none kept yet"])
    assert page.evaluate("localStorage.getItem('nerve.sets')") == "{}"


def test_a_set_needs_a_name_and_labels(page: Page) -> None:
    """Nothing is kept else, and what is missing is said."""
    page.locator("#own").click()
    page.locator("#keep-set").click()
    expect(page.locator("#status")).to_have_text("Give the set a name.")
    keep_as(page, "empty")
    expect(page.locator("#status")).to_have_text("There is no label to keep.")
    assert page.evaluate("localStorage.length") == 0


def test_hostile_names_stay_text(page: Page) -> None:
    """As a label, its description, a set; also those that objects have by nature."""
    page.locator("#own").click()
    for name in (HOSTILE, "__proto__", "constructor"):
        named(page, name, HOSTILE)
    keep_as(page, "__proto__")
    keep_as(page, HOSTILE)
    page.reload()
    page.locator("#own").click()
    expect(page.locator("#set option")).to_have_text(["choose one", "__proto__", HOSTILE])
    page.get_by_label("Sets of labels").select_option("__proto__")
    assert asked(page)["labels"] == dict.fromkeys((HOSTILE, "__proto__", "constructor"), HOSTILE)
    assert page.locator("img").count() == 0


def test_a_link_has_names_with_colons(page: Page, browser: Browser) -> None:
    """A name that has what stands between names and descriptions comes back whole."""
    page.locator("#own").click()
    named(page, "fish: sea", "salt: any")
    named(page, "boat", "large: or small")
    page.locator("#text").fill("x")
    page.locator("#link").click()
    expect(page.locator("#status")).to_have_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    wanted = {"fish: sea": "salt: any", "boat": "large: or small"}
    with opened(browser, link) as other:
        assert asked(other)["labels"] == wanted
        other.get_by_role("button", name="Change boat").click()
        other.get_by_label("What it is").fill("")
        other.get_by_role("button", name="Remove fish: sea").click()
        assert asked(other)["labels"] == ["boat"]
    with opened(browser, f"{link}&label=tree:%20tall&label=ship:%20sea%0A") as other:
        assert asked(other)["labels"] == {**wanted, "tree": "tall", "ship: sea": ""}


@pytest.mark.parametrize("kept", ["{", "[1]", '"x"', '{"a": {"b": 1}}', '{"a": null}', "7"])
def test_what_is_kept_and_is_no_set_harms_nothing(page: Page, kept: str) -> None:
    """Another version's, or somebody's own."""
    page.evaluate("kept => localStorage.setItem('nerve.sets', kept)", kept)
    page.reload()
    page.locator("#own").click()
    named(page, "fish")
    assert asked(page)["labels"] == ["fish"]


def test_a_browser_that_keeps_nothing_is_said(page: Page) -> None:
    """It is full."""
    page.locator("#own").click()
    named(page, "fish")
    page.evaluate(FILL)
    keep_as(page, "sea")
    expect(page.locator("#status")).to_contain_text("keeps nothing for this page")


def test_own_labels_are_accessible(page: Page) -> None:
    """By axe's rules, with chips and a set chosen."""
    page.locator("#own").click()
    named(page, "fish", "any")
    keep_as(page, "sea")
    checked(page)
