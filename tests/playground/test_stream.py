"""Entities are shown as they come."""

import threading

from playwright.sync_api import Page, expect

from tests.conftest import Gateway
from tests.playground.conftest import SECOND
from tests.playground.opening import answered, extract, tags
from tests.playground.scripts import completes, waits
from tests.support.fake_engine import cuts
from tests.support.streaming import says

TEXT = "浙商银行的叶老桂"


def ask(page: Page) -> None:
    """The adapter whose entities are certain as they are read."""
    page.locator("#model").select_option(SECOND)
    page.locator("#text").fill(TEXT)
    page.locator("#text").press("Control+Enter")


def test_an_entity_is_there_before_the_next(page: Page, pair: Gateway) -> None:
    """The first is marked, and can be looked at, while the model still writes."""
    go_on = threading.Event()
    pair.engine.script = waits("公司：浙商银行\n", go_on, "姓名：叶老桂")
    ask(page)
    expect(page.locator("mark")).to_have_text(["浙商银行"])
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("article")).to_contain_text("Extracting")
    page.locator(".tag").focus()
    go_on.set()
    expect(page.locator("mark")).to_have_text(["浙商银行", "叶老桂"])
    answered(page)
    expect(page.locator(".tag").first).to_be_focused()
    expect(page.locator("#status")).to_have_text("2 entities")
    expect(page.locator(".figures summary")).to_contain_text("first entity after")


def test_an_entity_with_a_line_separator_is_shown(page: Page, pair: Gateway) -> None:
    """U+2028 breaks no line of a stream; the model reads the name without it."""
    pair.engine.script = completes("姓名：叶老桂")
    page.locator("#model").select_option(SECOND)
    page.locator("#text").fill("浙商银行的叶\u2028老桂")
    page.locator("#text").press("Control+Enter")
    answered(page)
    expect(page.locator("mark")).to_have_count(1)
    expect(page.locator("#status")).to_have_text("1 entity")


def test_the_keyboard_is_not_lost_with_the_button(page: Page, pair: Gateway) -> None:
    """Stop goes away when there is nothing to stop, and the button beside it is next."""
    go_on = threading.Event()
    pair.engine.script = waits("公司：浙商银行\n", go_on, "姓名：叶老桂")
    ask(page)
    page.locator("#stop").focus()
    go_on.set()
    answered(page)
    expect(page.locator("#go")).to_be_focused()


def test_what_came_before_a_stop_stays(page: Page, pair: Gateway) -> None:
    """With a word that it is not all; the engine is left."""
    go_on = threading.Event()
    pair.engine.script = waits("公司：浙商银行\n", go_on, "姓名：叶老桂")
    ask(page)
    expect(page.locator("mark")).to_have_text(["浙商银行"])
    page.locator("#stop").click()
    expect(page.locator(".warning")).to_have_text("Stopped.")
    expect(page.locator("mark")).to_have_text(["浙商银行"])
    go_on.set()


def test_what_came_before_a_fault_stays(page: Page, pair: Gateway) -> None:
    """Beside the error and a way on."""
    pair.engine.script = says(*"公司：浙商银行\n姓", then=cuts(b""))
    ask(page)
    expect(page.locator(".problem")).to_contain_text("engine_unavailable")
    expect(page.locator("mark")).to_have_text(["浙商银行"])


def test_a_whole_answer_on_request(page: Page, pair: Gateway) -> None:
    """Without the stream the answer is the same, and so is what is seen of it."""
    pair.engine.script = completes("公司：浙商银行\n姓名：叶老桂\n姓名：不在")
    shown = []
    for stream in [True, False]:
        page.get_by_text("Options", exact=True).click()
        page.get_by_label("Show entities as they come").set_checked(stream)
        page.get_by_text("Options", exact=True).click()
        with page.expect_response("**/extract") as came:
            extract(page, TEXT)
        kind = "text/event-stream" if stream else "application/json"
        assert came.value.headers["content-type"].startswith(kind)
        shown.append([*tags(page), *page.locator(".dropped li").all_text_contents()])
    assert shown[0] == shown[1]
