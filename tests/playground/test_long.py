"""100 kB of text: the page stays usable. Times are the browser's own, of its main thread."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.conftest import Gateway
from tests.playground.opening import drop_and_extract
from tests.playground.scripts import completes, surely

LINE = "浙商银行的叶老桂说，今天天气不错。昨天也是如此，没有人反对这一点。\n"
LONG = LINE * 1000  # 103 kB
# Processor time, so that a busy machine makes no difference; some 0.1 s on a quiet one.
MOST_S = 1.0
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def busy(page: Page, act: Callable[[], object]) -> float:
    """Processor seconds of the page's main thread, from ``act`` to the frame that shows it."""
    browser = page.context.new_cdp_session(page)
    browser.send("Performance.enable", {"timeDomain": "threadTicks"})

    def so_far() -> float:
        metrics = browser.send("Performance.getMetrics")["metrics"]
        seconds: float = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return seconds

    before = so_far()
    act()
    page.evaluate(PAINTED)
    return so_far() - before


def test_a_long_text_is_shown_whole(page: Page, pair: Gateway) -> None:
    """Every entity of every chunk; typing, sliding, going through it and looking at it otherwise
    are answered at once."""
    pair.engine.script = surely("公司：浙商银行\n姓名：叶老桂", {"浙": 0.4})
    drop_and_extract(page, LONG)
    expect(page.locator("#status")).to_have_text("2000 entities")
    assert page.locator("mark").count() == 2000
    assert page.locator(".marked").evaluate("one => one.textContent") == LONG
    assert busy(page, lambda: page.locator("#score").fill("0.6")) < MOST_S
    expect(page.locator("mark.below")).to_have_count(1000)
    assert busy(page, lambda: page.locator("#text").press("a")) < MOST_S
    page.locator(".tag").nth(1000).focus()
    assert busy(page, lambda: page.keyboard.press("ArrowRight")) < MOST_S
    for view in ["table", "json", "request", "text"]:
        assert busy(page, page.locator(f"#tab-{view}").click) < MOST_S, view


def test_sliding_keeps_the_place_in_the_text(page: Page, pair: Gateway) -> None:
    """A reader in the middle of it stays there, and so does the focus."""
    pair.engine.script = surely("公司：浙商银行", {"浙": 0.4})
    drop_and_extract(page, LINE * 100)
    tag = page.locator(".tag").nth(50)
    tag.evaluate("one => { one.scrollIntoView(); one.focus(); }")
    before = page.locator(".marked").evaluate("one => one.scrollTop")
    assert before > 0
    page.locator("#score").evaluate(
        "one => { one.value = '0.6'; one.dispatchEvent(new Event('input')); }"
    )
    expect(page.locator("mark.below")).to_have_count(100)
    assert page.locator(".marked").evaluate("one => one.scrollTop") == before
    expect(tag).to_be_focused()


def test_long_lists_are_cut_short(page: Page, pair: Gateway) -> None:
    """With a word on where the rest is."""
    pair.engine.script = completes("公司：浙商银行\n姓名：叶老桂")
    drop_and_extract(page, LINE * 501)
    page.locator("#tab-table").click()
    expect(page.locator("tbody tr")).to_have_count(1000)
    expect(page.locator("#panel")).to_contain_text("and 2 more: all are in JSON")
