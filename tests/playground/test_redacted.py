"""The redacted view: what POST /redact makes of the text that was asked about."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ADAPTER, Gateway
from tests.playground.conftest import SECOND
from tests.playground.opening import extract
from tests.playground.scripts import finds
from tests.playground.test_looks import checked
from tests.support.fake_engine import fails

TEXT = "叶老桂到了。<b>叶老桂</b>说：\u202e王明\u202c😀</script>[NAME_7]"


def redacted(page: Page, pair: Gateway) -> dict[str, Any]:
    """Extract, then look at the view; the body that was sent for it."""
    pair.engine.script = finds("叶老桂", "王明")
    extract(page, TEXT)
    with page.expect_request("**/redact") as request:
        page.get_by_role("tab", name="Redacted").press("Enter")
    expect(page.locator(".marked mark").first).to_be_visible()
    body: dict[str, Any] = json.loads(request.value.post_data or "")
    return body


def test_entities_are_masked_and_the_masks_explained(page: Page, pair: Gateway) -> None:
    """A number a surface; the rest of the text, tags and all, is as it was."""
    body = redacted(page, pair)
    expect(page.locator(".marked")).to_have_text(
        "[NAME_1]到了。<b>[NAME_1]</b>说：\u202e[NAME_2]\u202c😀</script>[NAME_7]"
    )
    expect(page.locator(".marked mark")).to_have_text(["[NAME_1]", "[NAME_1]", "[NAME_2]"])
    page.get_by_text("What the masks stand for (2)").click()
    expect(page.locator("#panel tbody tr")).to_have_text(["[NAME_1]叶老桂", "[NAME_2]王明"])
    asked = {"text": TEXT, "model": ADAPTER, "offsets": "utf16"}
    assert body == {**asked, "mask": "[{LABEL}_{n}]", "map": True}


def test_it_is_asked_for_once_and_only_when_it_is_looked_at(page: Page, pair: Gateway) -> None:
    """Going back and forth asks nothing again; another question does."""
    pair.engine.script = finds("叶老桂")
    extract(page, TEXT)
    before = len(pair.engine.asked)
    for _ in range(2):
        page.locator("#tab-redacted").click()
        expect(page.locator(".marked mark").first).to_be_visible()
        page.locator("#tab-text").click()
    assert len(pair.engine.asked) == before + 1
    page.locator("#tab-redacted").click()
    extract(page, "叶老桂走了")
    expect(page.locator(".marked")).to_have_text("[NAME_1]走了")


def test_the_mask_is_chosen_and_the_text_copied(page: Page, pair: Gateway) -> None:
    """Without numbers there is nothing that tells one from another."""
    redacted(page, pair)
    page.get_by_label("Mask", exact=True).select_option("[NAME]")
    expect(page.locator(".marked")).to_contain_text("[NAME]到了。<b>[NAME]</b>")
    expect(page.get_by_text("What the masks stand for")).to_have_count(0)
    page.get_by_label("Mask", exact=True).select_option("█████")
    expect(page.locator(".marked")).to_contain_text("█████到了")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == TEXT.replace("叶老桂", "█████").replace("王明", "█████")


def test_two_models_are_redacted_side_by_side(page: Page, pair: Gateway) -> None:
    """Each by its own entities."""
    page.locator("#other").select_option(SECOND)
    redacted(page, pair)
    expect(page.locator(".marked")).to_have_count(2)


def test_an_error_has_a_way_on(page: Page, pair: Gateway) -> None:
    """In the view; the entities stay where they are."""
    pair.engine.script = finds("叶老桂")
    extract(page, TEXT)
    pair.engine.script = fails(500, {"error": "no"})
    page.locator("#tab-redacted").click()
    expect(page.locator(".problem")).to_contain_text("engine_")
    pair.engine.script = finds("叶老桂")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".marked")).to_contain_text("[NAME_1]到了")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_redacted_view_is_accessible(page: Page, pair: Gateway, scheme: str) -> None:
    """By axe's rules, contrast of the masks included."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    redacted(page, pair)
    page.get_by_text("What the masks stand for (2)").click()
    checked(page)
