"""What is asked: text, models, labels, options; from the keyboard, a file or a link."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.conftest import ADAPTER, BASE, Gateway
from tests.playground.conftest import SECOND
from tests.playground.opening import answered, drop, extract, opened
from tests.playground.scripts import finds, surely
from tests.support.open_adapter import OPEN, open_gateway

TEXT = "浙商银行的叶老桂"


def asked(page: Page, text: str = TEXT) -> dict[str, Any]:
    """The body that is sent for ``text``."""
    with page.expect_request("**/extract") as request:
        extract(page, text)
    body: dict[str, Any] = json.loads(request.value.post_data or "")
    return body


def test_the_default_is_offered_first(page: Page) -> None:
    """With all adapters, aliases and the base model behind it."""
    expect(page.locator("#model")).to_have_value(ADAPTER)
    names = page.locator("#model option").all_text_contents()
    assert sorted(names) == sorted([ADAPTER, SECOND, "production", BASE])


def test_all_labels_need_no_list(page: Page) -> None:
    """The body has no more than it must; offsets count as JavaScript does."""
    assert asked(page) == {
        "text": TEXT,
        "model": ADAPTER,
        "offsets": "utf16",
        "stream": True,
    }


def test_labels_are_chosen_by_keyboard(page: Page) -> None:
    """A box a label: what is not ticked is not asked for; with none ticked nothing is sent."""
    page.get_by_label("company").press("Space")
    assert asked(page)["labels"] == ["name"]
    page.locator("#none").press("Enter")
    page.locator("#text").press("Control+Enter")
    expect(page.locator("#error")).to_contain_text(f"Choose at least one label of {ADAPTER}.")
    page.locator("#all").press("Enter")
    assert "labels" not in asked(page)


def test_the_base_model_takes_any_labels(page: Page) -> None:
    """Typed with Enter or commas of either kind, with descriptions, and taken away again."""
    page.locator("#model").select_option(BASE)
    assert "labels" not in asked(page)
    field = page.get_by_label("Another label, of your own")
    field.press_sequentially("人物，animal,")
    assert asked(page)["labels"] == ["人物", "animal"]
    field.fill("place: a town, a river")
    field.press("Enter")
    page.get_by_role("button", name="Remove animal").click()
    assert asked(page)["labels"] == {"人物": "", "place": "a town, a river"}
    field.press("Backspace")
    expect(field).to_have_value("place")
    expect(page.get_by_label("What it is")).to_have_value("a town, a river")


def test_an_open_adapter_takes_any_labels(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is offered as the base model is; asked for none, it looks for its own."""
    with (
        open_gateway(tmp_path_factory.mktemp("adapters")) as gateway,
        opened(browser, gateway.url) as page,
    ):
        page.locator("#model").select_option(OPEN)
        expect(page.locator("#model-facts")).to_contain_text("any labels")
        assert "labels" not in asked(page)
        page.get_by_label("Another label, of your own").press_sequentially("🐟 fish,")
        assert (asked(page)["model"], asked(page)["labels"]) == (OPEN, ["🐟 fish"])


def test_a_base_model_beside_an_adapter_gets_its_labels(page: Page) -> None:
    """So that the two can be compared; the adapter gets none that it does not know."""
    page.locator("#other").select_option(BASE)
    page.locator("#new-label").fill("animal")
    page.locator("#add").click()
    requests: list[Request] = []
    page.on("request", lambda one: requests.append(one))
    extract(page, TEXT)
    bodies = [json.loads(one.post_data) for one in requests if one.post_data]
    by_model = {body["model"]: body.get("labels") for body in bodies}
    assert by_model == {ADAPTER: None, BASE: ["company", "name", "animal"]}


def test_options_are_sent(page: Page) -> None:
    """Where they are not the defaults."""
    page.get_by_text("Options", exact=True).click()
    page.locator("#constraint").select_option("schema")
    page.locator("#scores").select_option("raw")
    body = asked(page)
    assert (body["constraint"], body["scores"]) == ("schema", "raw")


def test_no_text_is_not_asked_about(page: Page, pair: Gateway) -> None:
    """The page says what is missing."""
    page.locator("#go").click()
    expect(page.locator("#status")).to_have_text("Type or paste a text first.")
    assert pair.engine.asked == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_dropped(page: Page, encoding: str) -> None:
    """In the encodings that Chinese texts come in; which one is said."""
    drop(page, "notes.txt", "叶老桂在浙商银行。".encode(encoding))
    expect(page.locator("#text")).to_have_value("叶老桂在浙商银行。")
    expect(page.locator("#status")).to_contain_text("notes.txt read as")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("前\n中国工商银行".encode()[:-2], "notes.txt:2 has bytes that are nothing in the file's"),
        ("叶老桂".encode("utf-16")[:-1], "notes.txt:1 has bytes that are nothing in the file's"),
        ("中国工商银行，叶老桂 1".encode("utf-16-le"), "notes.txt is not a text in UTF-8"),
        ("one two three".encode("utf-16-le"), "notes.txt is not a text in UTF-8"),
        ("one two three".encode("utf-32"), "notes.txt is not a text in UTF-8"),
    ],
    ids=["cut UTF-8", "cut UTF-16", "UTF-16, no mark", "in English", "UTF-32"],
)
def test_no_other_text_is_made_of_bytes(page: Page, content: bytes, says: str) -> None:
    """A file that was cut off, or has no mark, would be signs that nobody wrote."""
    drop(page, "notes.txt", content)
    expect(page.locator("#error")).to_contain_text(says)
    expect(page.locator("#text")).to_have_value("")


def test_a_file_is_opened(page: Page) -> None:
    """By a button, for those who cannot drop."""
    with page.expect_file_chooser() as chooser:
        page.locator("#open").press("Enter")
    file: Any = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"one"}
    chooser.value.set_files(files=[file])
    expect(page.locator("#text")).to_have_value("one")


def test_what_is_no_text_is_not_taken(page: Page) -> None:
    """An image, say; the text that was there stays."""
    page.locator("#text").fill("before")
    drop(page, "picture.png", bytes([0x89, 0x50, 0xFF, 0xFF, 0x00, 0x81]))
    expect(page.locator("#error")).to_contain_text("picture.png is not a text in UTF-8")
    expect(page.locator("#text")).to_have_value("before")


def test_stop_ends_the_engines_work(page: Page, pair: Gateway) -> None:
    """The page leaves, so the gateway leaves the engine."""
    pair.engine.script = pair.engine.hangs
    page.locator("#text").fill(TEXT)
    page.locator("#go").click()
    assert pair.engine.busy.wait(10)
    page.locator("#stop").click()
    assert pair.engine.left.wait(10)
    expect(page.locator("#status")).to_have_text("Stopped.")


def test_a_link_has_the_whole_state(page: Page, browser: Browser, pair: Gateway) -> None:
    """Another page that is given it has the same fields, and asks nothing by itself."""
    page.locator("#other").select_option(BASE)
    page.get_by_label("company").press("Space")
    page.locator("#new-label").fill("animal: any")
    page.locator("#add").click()
    extract(page, "叶&#+%老桂\n😀")
    page.locator("#tab-table").click()
    page.locator("#language").click()
    page.locator("#link").click()
    expect(page.locator("#status")).to_have_text("链接已复制。")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    before = len(pair.engine.asked)
    with opened(browser, link) as other:
        expect(other.locator("#text")).to_have_value("叶&#+%老桂\n😀")
        expect(other.locator("#other")).to_have_value(BASE)
        expect(other.get_by_label("company")).not_to_be_checked()
        expect(other.locator("#chips")).to_contain_text("animal")
        expect(other.locator("#go")).to_have_text("抽取")
        assert len(pair.engine.asked) == before
        other.locator("#go").click()
        answered(other)
        expect(other.locator("#tab-table")).to_have_attribute("aria-selected", "true")


def test_a_link_without_a_second_model_takes_it_away(page: Page, pair: Gateway) -> None:
    """Followed in the page itself; and what a link said first does not come back."""
    page.goto(f"{pair.url}/#other={SECOND}")
    page.reload()
    expect(page.locator("#other")).to_have_value(SECOND)
    page.locator("#other").select_option("")
    page.locator("#key").evaluate(
        "one => one.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))"
    )
    page.wait_for_load_state("networkidle")
    expect(page.locator("#other")).to_have_value("")
    page.locator("#other").select_option(SECOND)
    page.evaluate("location.hash = '#text=x'")
    expect(page.locator("#text")).to_have_value("x")
    expect(page.locator("#other")).to_have_value("")


def test_a_text_too_long_for_a_link_is_left_out(page: Page) -> None:
    """And that is said."""
    page.locator("#text").fill("叶" * 20_000)
    page.locator("#link").click()
    expect(page.locator("#status")).to_contain_text("without the text")
    assert "text=" not in page.url


def test_a_link_to_a_model_that_is_gone_is_said(browser: Browser, pair: Gateway) -> None:
    """And the default stands in for it."""
    with opened(browser, f"{pair.url}/#model=gone") as page:
        expect(page.locator("#status")).to_have_text("There is no gone here.")
        expect(page.locator("#model")).to_have_value(ADAPTER)


def test_all_of_it_is_reached_by_tab(page: Page, pair: Gateway) -> None:
    """From the text to the last of the answer, in the order in which it is seen."""
    pair.engine.script = surely("姓名：叶老桂")
    here = "() => document.activeElement.id || document.activeElement.classList[0]"
    while page.evaluate(here) != "text":
        page.keyboard.press("Tab")
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Control+Enter")
    answered(page)
    wanted = ["open", "model", "other", "all", "none", "own", "go", "link", "tab-text", "score"]
    wanted.append("tag")
    stops: list[str] = []
    while "tag" not in stops:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(here))
        assert len(stops) < 30
    assert [stop for stop in stops if stop in wanted] == wanted


def test_a_later_question_is_the_one_that_is_answered(page: Page, pair: Gateway) -> None:
    """The earlier one is given up."""
    pair.engine.script = pair.engine.hangs
    page.locator("#text").fill("浙商银行")
    page.locator("#go").click()
    assert pair.engine.busy.wait(10)
    pair.engine.script = finds("叶老桂")
    extract(page, "叶老桂")
    assert pair.engine.left.wait(10)
    expect(page.locator(".marked")).to_have_text("叶老桂")
