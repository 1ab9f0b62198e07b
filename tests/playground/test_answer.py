"""What is shown of an answer beside its marks, and of two answers side by side."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.types import Receive, Send

from tests.conftest import BASE, Gateway
from tests.playground.conftest import SECOND
from tests.playground.opening import answered, extract, tags
from tests.playground.scripts import completes, surely
from tests.support.fake_engine import Script

TEXT = "浙商银行的叶老桂和张三见李四"


def by_model(**scripts: Script) -> Script:
    """A script: each model, by the start of its engine's name, has its own."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        name = str(body["model"]).partition("@")[0]
        await scripts[name if name in scripts else "base"](body, receive, send)

    return script


def differing(page: Page, pair: Gateway) -> None:
    """Ask two adapters that agree on one entity and differ in each way there is."""
    pair.engine.script = by_model(
        clue=completes("公司：浙商银行\n姓名：叶老桂\n姓名：张三"),
        second=completes("公司：浙商银行\n公司：叶老桂\n姓名：张三见\n姓名：李四"),
    )
    page.locator("#other").select_option(SECOND)
    extract(page, TEXT)


def slide(page: Page, score: str) -> None:
    """Move the slider."""
    page.locator("#score").fill(score)


def test_what_was_dropped_is_said_with_its_reason(page: Page, pair: Gateway) -> None:
    """The label, the text, why in words, and the reason's name on the wire."""
    pair.engine.script = completes("姓名：不在\n天气：叶")
    extract(page, "叶老桂")
    items = page.locator(".dropped li")
    expect(items.filter(has_text="不在")).to_have_text(
        "name不在does not stand in the textnot_in_text"
    )
    expect(items.filter(has_text="天气")).to_contain_text("is no label that was asked for")
    expect(page.locator("#status")).to_have_text("0 entities, 2 dropped")


def test_the_score_slides_without_a_request(page: Page, pair: Gateway) -> None:
    """What falls below is listed, faint in the text, and counted for a screen reader."""
    pair.engine.script = surely("公司：浙商银行\n姓名：叶老桂", {"浙": 0.4, "叶": 0.9})
    extract(page, TEXT)
    expect(page.locator(".list.below")).to_have_count(0)
    slide(page, "0.6")
    expect(page.locator(".list.below li")).to_have_text(["company浙商银行0.40"])
    expect(page.locator("mark.below")).to_have_text(["浙商银行"])
    expect(page.locator("#status")).to_have_text("1 entity, 1 below the score")
    assert len(pair.engine.asked) == 1
    page.locator("#text").press("Control+Enter")
    answered(page)
    expect(page.locator("#status")).to_have_text("1 entity, 1 below the score")
    slide(page, "0.4")
    expect(page.locator("mark.below")).to_have_count(0)


def test_overlapping_entities_are_all_shown(page: Page, pair: Gateway) -> None:
    """Where they are asked for: each with its own line and tag, in the text and in the table."""
    pair.engine.script = completes("公司：浙商银行的叶老桂\n姓名：叶老桂")
    extract(page, TEXT)
    expect(page.locator(".tag")).to_have_count(1)
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Overlaps").select_option("all")
    extract(page, TEXT)
    assert tags(page) == ["name, 叶老桂, 5–8", "company, 浙商银行的叶老桂, 0–8"]
    expect(page.locator("mark")).to_have_text(["浙商银行的", "叶老桂"])
    assert (
        page.locator("mark").nth(1).evaluate("one => one.style.background").count("gradient") == 2
    )
    page.locator("#tab-table").click()
    expect(page.locator("#panel tbody tr")).to_have_count(2)


def test_without_scores_the_slider_says_why_it_is_off(page: Page, pair: Gateway) -> None:
    """No score is made up."""
    pair.engine.script = completes("姓名：叶老桂")
    page.locator("#model").select_option(SECOND)
    extract(page, TEXT)
    expect(page.locator("#score")).to_be_disabled()
    expect(page.locator("#why")).to_contain_text("No scores")


def test_tokens_and_time_are_told(page: Page, pair: Gateway) -> None:
    """As a sentence; by stage on request."""
    pair.engine.script = completes("姓名：叶老桂")
    extract(page, TEXT)
    figures = page.locator(".figures")
    expect(figures.locator("summary")).to_have_text(
        re.compile(r"\d+ ms · 96 tokens read, 15 written")
    )
    figures.locator("summary").press("Enter")
    for stage in ["complete", "align", "gateway's own"]:
        expect(figures.get_by_role("row", name=stage)).to_be_visible()


def test_a_truncated_answer_is_said(page: Page, pair: Gateway) -> None:
    """Entities may be missing."""
    pair.engine.script = completes("姓名：叶老桂\n姓", finish_reason="length")
    extract(page, TEXT)
    expect(page.locator(".warning")).to_contain_text("ran out of room")


def test_no_entities_is_said(page: Page) -> None:
    """Rather than nothing."""
    extract(page, TEXT)
    expect(page.locator("#panel")).to_contain_text("No entities.")
    expect(page.locator(".marked")).to_have_text(TEXT)


def test_tabs_go_by_arrow_keys(page: Page, pair: Gateway) -> None:
    """By the ARIA practices: one stop, and the panel is named by its tab."""
    pair.engine.script = completes("姓名：叶老桂")
    extract(page, TEXT)
    page.locator("#tab-text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Table")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Table").get_by_role("row")).to_have_count(2)
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="Request")).to_contain_text("curl")
    assert page.locator("[role=tab][tabindex='0']").count() == 1


def test_json_is_the_answer(page: Page, pair: Gateway) -> None:
    """The same as without a stream, and copied as it is shown."""
    pair.engine.script = completes("姓名：叶老桂")
    extract(page, TEXT)
    page.locator("#tab-json").click()
    expect(page.locator("pre")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("pre").text_content()
    whole = pair.extract(TEXT, offsets="utf16").json()
    assert {**json.loads(copied), "id": ""} == {**whole, "id": ""}


def test_the_request_is_shown_in_a_language_by_keyboard(page: Page, pair: Gateway) -> None:
    """The choice keeps the focus when what is below it changes."""
    pair.engine.script = completes("姓名：叶老桂")
    extract(page, TEXT)
    page.locator("#tab-request").click()
    choice = page.locator("#panel select")
    choice.focus()
    choice.select_option("python")
    expect(page.locator("pre")).to_contain_text("import")
    expect(choice).to_be_focused()


def test_differences_are_marked(page: Page, pair: Gateway) -> None:
    """Another label, other bounds, only on one side: by signs and words, not by colour alone."""
    differing(page, pair)
    panes = page.locator("article")
    expect(panes.nth(0).locator("mark.differs")).to_have_text(["叶老桂", "张三"])
    expect(panes.nth(1).locator("mark.differs")).to_have_text(["叶老桂", "张三见", "李四"])
    signs = page.locator(".tag").evaluate_all("all => all.map((one) => one.dataset.label)")
    assert signs == ["company", "name ≠", "name ↔", "company", "company ≠", "name ↔", "name ＋"]
    said = tags(page)
    assert said[1].endswith("there it is company")
    assert said[2].endswith("there it is “张三见”")
    assert said[6].endswith("only here")
    expect(page.locator(".agreement")).to_contain_text("1 the same, 3 different")


def test_differences_have_a_table(page: Page, pair: Gateway) -> None:
    """A row each, in the text's order, one column an answer."""
    differing(page, pair)
    page.get_by_role("tab", name="Differences").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_text(
        ["5–8name 叶老桂company 叶老桂", "9–11name 张三name 张三见", "12–14not therename 李四"]
    )


@pytest.mark.parametrize(
    ("there", "kind", "place"),
    [
        ([(0, 10), (2, 3)], "span", 0),
        ([(0, 10), (2, 3), (6, 9)], "span", 2),
        ([(0, 5), (2, 3)], "only", None),
        ([(0, 10), (5, 8)], "same", 1),
        ([(8, 9)], "only", None),
    ],
)
def test_nested_entities_are_compared(
    page: Page, there: list[tuple[int, int]], kind: str, place: int | None
) -> None:
    """A longer one that begins earlier overlaps as well, whatever stands inside of it before."""
    found = page.evaluate(
        """async ([here, there]) => {
          const { compare } = await import("/playground/answer/differences.js");
          const [one, ...others] = [here, ...there].map(
            ([start, end]) => ({ label: "org", start, end }));
          const { kind, other } = compare([one], others).get(one);
          return [kind, others.indexOf(other)];
        }""",
        [(5, 8), there],
    )
    assert found == [kind, -1 if place is None else place]


def test_the_same_is_said_to_be_the_same(page: Page, pair: Gateway) -> None:
    """Two answers without a difference."""
    pair.engine.script = completes("姓名：叶老桂")
    page.locator("#other").select_option(SECOND)
    extract(page, TEXT)
    expect(page.locator(".agreement")).to_have_text("Both answers have the same entities.")
    expect(page.locator(".differs")).to_have_count(0)


def test_one_of_two_may_fail(page: Page, pair: Gateway) -> None:
    """The other's answer is shown, and nothing is called a difference."""
    pair.engine.script = by_model(
        clue=completes("姓名：叶老桂"), base=completes("nonsense", "stop")
    )
    page.locator("#other").select_option(BASE)
    page.locator("#new-label").fill("x" * 65)
    page.locator("#add").click()
    extract(page, TEXT)
    expect(page.locator("article").nth(0).locator("mark")).to_have_text(["叶老桂"])
    expect(page.locator("article").nth(1)).to_contain_text("labels")
    expect(page.get_by_role("tab", name="Differences")).to_be_hidden()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Try again").click()
    answered(page)
    expect(page.get_by_role("tab", name="Differences")).to_be_visible()
