"""Languages, light and dark, narrow screens, and axe's rules of accessibility."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from service.routes.playground import FOLDER
from tests.conftest import BASE, Gateway
from tests.playground.conftest import SECOND
from tests.playground.opening import extract, opened
from tests.playground.scripts import surely
from tests.playground.test_answer import differing
from tests.support.fake_engine import fails


def test_it_speaks_the_browsers_language(browser: Browser, pair: Gateway) -> None:
    """Chinese here; English when asked to, which the link remembers."""
    with opened(browser, pair.url, locale="zh-CN") as page:
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator("#go")).to_have_text("抽取")
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert "lang=en" in page.url
        page.reload()
        expect(page.locator("#go")).to_have_text("Extract")


def test_an_answer_changes_its_language(page: Page, pair: Gateway) -> None:
    """All that was said of it, without asking again."""
    pair.engine.script = surely("姓名：叶老桂\n姓名：不在")
    extract(page, "叶老桂")
    page.locator("#language").click()
    expect(page.locator("#status")).to_have_text("1 个实体，丢弃 1 个")
    expect(page.locator(".dropped")).to_contain_text("不在原文中")
    expect(page.locator("#model-facts")).to_contain_text("秩 64")
    assert len(pair.engine.asked) == 1


def test_both_languages_say_everything() -> None:
    """Each phrase of one is in the other."""
    names = [
        set(re.findall(r"^ {2}(\w+):|, (\w+): [\"(\w]", (FOLDER / name).read_text("utf-8"), re.M))
        for name in ["words/english.js", "words/chinese.js"]
    ]
    assert len(names[0]) > 50
    assert names[0] == names[1]


def test_a_text_has_its_own_language(page: Page) -> None:
    """Han in an English page is set in Chinese glyphs; kana make it Japanese."""
    extract(page, "叶老桂")
    expect(page.locator(".marked")).to_have_attribute("lang", "zh-CN")
    extract(page, "東京へ行く")
    expect(page.locator(".marked")).to_have_attribute("lang", "ja")


def contrast(one: str, other: str) -> float:
    """WCAG's, of two colours in hexadecimal."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_every_labels_colour_can_be_read(mode: int) -> None:
    """4.5 to 1 against the sheet, for each of the twelve; no two are alike."""
    css = (
        (FOLDER / "style.css").read_text("utf-8").split("@media (prefers-color-scheme: dark)")[mode]
    )
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css))
    labels = [colours[f"c{place}"] for place in range(12)]
    assert len(set(labels)) == 12
    assert all(contrast(colour, colours["sheet"]) >= 4.5 for colour in labels)


def test_a_narrow_screen_has_all_of_it(browser: Browser, pair: Gateway) -> None:
    """Nothing is wider than a telephone, in any view."""
    with opened(browser, pair.url, viewport={"width": 320, "height": 640}) as page:
        page.locator("#model").select_option(BASE)
        differing_views = ["text", "table", "differences", "json", "request"]
        page.locator("#model").select_option(index=0)
        differing(page, pair)
        for view in differing_views:
            page.locator(f"#tab-{view}").click()
            assert page.evaluate("document.documentElement.scrollWidth") == 320, view


def checked(page: Page) -> None:
    """No rule of axe is broken."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_accessible(page: Page, pair: Gateway, scheme: str) -> None:
    """By axe's rules, contrast included, in each view, with scores, a tip and what was dropped."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    checked(page)
    pair.engine.script = surely("公司：浙商银行\n姓名：叶老桂\n姓名：不在", {"浙": 0.4})
    extract(page, "浙商银行的叶老桂")
    page.locator("#score").fill("0.6")
    page.locator(".tag").nth(1).focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    checked(page)
    for view in ["table", "json", "request"]:
        page.locator(f"#tab-{view}").click()
        checked(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_accessible(page: Page, pair: Gateway, scheme: str) -> None:
    """With the base model's labels, and in Chinese."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.locator("#language").click()
    page.locator("#model").select_option(BASE)
    page.locator("#new-label").fill("animal")
    page.locator("#add").click()
    checked(page)
    page.locator("#model").select_option(index=0)
    page.locator("#other").select_option(SECOND)
    differing(page, pair)
    checked(page)
    page.locator("#tab-differences").click()
    checked(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_error_is_accessible(page: Page, pair: Gateway, scheme: str) -> None:
    """It is an alert that can be read."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    pair.engine.script = fails(500, {"error": "no"})
    extract(page, "叶老桂")
    checked(page)
