"""Entities in their text: where they are, what is told of them, by pointer and by keyboard."""

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import BASE, Gateway
from tests.playground.opening import extract, opened, tags
from tests.playground.scripts import completes, finds, surely

NESTED = "北京大学第三医院骨科主任李明"
ENTITIES = [
    (0, 8, "organization"),
    (0, 4, "school"),
    (0, 2, "city"),
    (2, 12, "other"),
    (12, 14, "name"),
]


def shown(page: Page, text: str, entities: list[tuple[int, int, str]]) -> None:
    """Mark ``text`` by the page's own module; the gateway's answers have no nested entities yet."""
    page.evaluate(
        """async ([text, entities]) => {
          const { show } = await import("/playground/answer/marks.js");
          // What the page has yet to draw of the answer comes first.
          for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
          const into = document.querySelector(".marked");
          const all = entities.map(([start, end, label]) =>
            ({ start, end, label, text: text.slice(start, end), score: null }));
          show(into, text, all, (one) => ({ kind: "", sign: "", said: one.label }));
        }""",
        [text, entities],
    )


def pieces(page: Page) -> list[list[Any]]:
    """Each marked piece: its text and how many lines are under it."""
    lines = "one.style.background.split('linear-').length - 1"
    found: list[list[Any]] = page.locator("mark").evaluate_all(
        f"all => all.map((one) => [one.textContent, {lines}])"
    )
    return found


@pytest.mark.parametrize("surface", ["叶老桂", "😀叶", "𠮷野", "👩‍👩‍👧", "محمد", "e\u0301te"])
def test_marks_have_the_right_text(page: Page, pair: Gateway, surface: str) -> None:
    """Past astral characters too, and the text is the text: tags are no part of it."""
    pair.engine.script = finds(surface)
    extract(page, f"😀𠮷 {surface}。")
    expect(page.locator("mark")).to_have_text([surface])
    expect(page.locator(".marked")).to_have_text(f"😀𠮷 {surface}。")
    assert page.locator(".tag").get_attribute("data-label") == "name"


def test_nested_and_overlapping_entities_are_all_there(page: Page, pair: Gateway) -> None:
    """A line for each that covers a piece, a tag where each ends."""
    extract(page, NESTED)
    shown(page, NESTED, ENTITIES)
    assert pieces(page) == [["北京", 3], ["大学", 3], ["第三医院", 2], ["骨科主任", 1], ["李明", 1]]
    assert tags(page) == ["city", "school", "organization", "other", "name"]
    expect(page.locator(".marked")).to_have_text(NESTED)


def test_the_pointer_shows_all_that_is_there(page: Page, pair: Gateway) -> None:
    """The innermost entity first; Escape takes it away."""
    extract(page, NESTED)
    shown(page, NESTED, ENTITIES)
    page.get_by_text("大学").hover()
    tip = page.get_by_role("tooltip")
    expect(tip.locator("b")).to_have_text(["school", "organization", "other"])
    expect(tip.locator("p").first).to_contain_text("北京大学")
    tip.hover()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_focus_shows_label_score_and_offsets(page: Page, pair: Gateway) -> None:
    """A screen reader is told the same."""
    pair.engine.script = surely("姓名：叶老桂", {"叶": 0.25})
    extract(page, "说叶老桂")
    page.locator(".tag").focus()
    tip = page.get_by_role("tooltip")
    for part in ["name", "叶老桂", "1–4", "0.25"]:
        expect(tip).to_contain_text(part)
    assert tags(page) == ["name, 叶老桂, 1–4, Score 0.25"]


def test_arrow_keys_go_through_the_entities(page: Page, pair: Gateway) -> None:
    """One stop for Tab in the whole text; Home and End go to the ends."""
    pair.engine.script = completes("姓名：一\n姓名：二\n姓名：三")
    extract(page, "一，二，三")
    all_tags = page.locator(".tag")
    assert page.locator(".tag[tabindex='0']").count() == 1
    all_tags.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(all_tags.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(all_tags.nth(2)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(all_tags.nth(2)).to_be_focused()
    page.keyboard.press("Home")
    expect(all_tags.nth(0)).to_be_focused()
    assert page.locator(".tag[tabindex='0']").count() == 1


def test_what_is_copied_is_the_text(page: Page, pair: Gateway) -> None:
    """Without the labels."""
    pair.engine.script = finds("叶老桂")
    extract(page, "说叶老桂。")
    said = page.locator(".marked").evaluate(
        "one => { getSelection().selectAllChildren(one); return String(getSelection()); }"
    )
    assert said == "说叶老桂。"


def test_hostile_text_is_inert(page: Page, pair: Gateway) -> None:
    """It is shown as it is, in every view; the fixture fails on a breach of policy."""
    hostile = "<script>x()</script><img src=x onerror=x()></textarea>\u202e叶老桂\u202c&lt;"
    pair.engine.script = completes(
        "姓名：<img src=x onerror=x()>\n姓名：叶老桂\n<b>x</b>：</ul><img src=y>"
    )
    extract(page, hostile)
    expect(page.locator("mark")).to_have_text(["<img src=x onerror=x()>", "叶老桂"])
    assert page.locator(".marked").evaluate("one => one.textContent") == hostile
    for view in ["text", "table", "json", "request"]:
        page.locator(f"#tab-{view}").click()
        expect(page.locator("#panel")).to_contain_text("<img src=x onerror=x()>")
        assert page.locator("main img, main script, main ul ul, main .dropped b b").count() == 0


def test_a_label_is_text_too(browser: Browser, pair: Gateway) -> None:
    """One that a link has."""
    label = "<img src=x onerror=x()>"
    with opened(browser, f"{pair.url}/#model={BASE}&label={quote(label)}") as page:
        expect(page.locator("#chips")).to_have_text(f"{label}×")
        assert page.locator("img").count() == 0
