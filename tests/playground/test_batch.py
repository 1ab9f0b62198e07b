"""Several files at once: a table, progress, cancel, files to save."""

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from deploy.bulk.convert import answers
from tests.conftest import ADAPTER, Gateway, running
from tests.playground.opening import drop_all, opened
from tests.playground.scripts import completes, finds
from tests.playground.test_looks import checked
from tests.service.guard.test_keys import table
from tests.support.fake_engine import fails

HOSTILE = '</script><img src=x onerror=alert(1)>\u202e"叶老桂",\n😀'
LINES = [
    json.dumps({"id": "一", "text": "😀叶老桂到了"}, ensure_ascii=False),
    json.dumps("=王明,走了", ensure_ascii=False),
    "",
    '{"id": 3}',
    "{",
    '{"id": {"a": 1}, "text": ""}',
]
FILES = {
    "a.txt": HOSTILE.encode(),
    "b.jsonl": "\n".join(LINES).encode(),
    "c.txt": "叶老桂在广东".encode("gb18030"),
    "d.png": bytes([0x89, 0x50, 0xFF, 0xFF, 0x00, 0x81]),
}


def run(page: Page, files: dict[str, bytes] = FILES) -> None:
    """Drop, and ask by keyboard; returns when all is done."""
    drop_all(page, files)
    expect(page.locator("#files-go")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#files-stop")).to_be_hidden()


def saved(page: Page, button: str) -> bytes:
    """What the button has the browser save."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_files_become_rows_of_a_table(page: Page, pair: Gateway) -> None:
    """A text file is one text, a .jsonl a text a line; what is none has its reason beside it."""
    pair.engine.script = finds("叶老桂", "=王明")
    drop_all(page, FILES)
    expect(page.locator("#status")).to_have_text("4 files, 8 texts. c.txt read as gb18030")
    assert pair.engine.asked == []
    page.locator("#files-go").click()
    expect(page.locator("#files-count")).to_have_text("5 of 8 done, 3 failed")
    rows = page.locator("#files tbody tr")
    expect(rows.locator("th")).to_have_text(
        ["a.txt", "b.jsonl:1", "b.jsonl:2", "b.jsonl:4", "b.jsonl:5", "b.jsonl:6", "c.txt", "d.png"]
    )
    expect(rows.nth(0).locator("td").first).to_have_text(HOSTILE, use_inner_text=False)
    expect(rows.nth(1)).to_contain_text("叶老桂 name")
    expect(rows.nth(3)).to_contain_text("The line is no JSON with a string under text.")
    expect(rows.nth(5)).to_contain_text("0 entities")
    expect(rows.nth(7)).to_contain_text("d.png is not a text in UTF-8, GB 18030")
    expect(page.locator("#files-go")).to_be_hidden()  # there is nothing that can still be asked
    assert page.locator("img").count() == 0


def test_what_is_broken_is_told_apart(page: Page) -> None:
    """A file that was cut off is no GB 18030; of JSON lines only the broken one is an error. How
    others were read is said."""
    whole = '{"text": "浙商银行"}\n"叶老桂"\n'.encode()
    old = "叶老桂在浙商银行。".encode("gb18030")
    cut = "中国工商银行".encode()[:-2]
    files = {f"{at}.txt": old for at in range(1, 6)}
    drop_all(page, {**files, "a.jsonl": whole[:-4], "b.txt": cut, "c.txt": "一".encode("utf-16")})
    expect(page.locator("#status")).to_have_text(
        "8 files, 9 texts. 1.txt, 2.txt, 3.txt and 2 more read as gb18030. c.txt read as utf-16le"
    )
    rows = page.locator("#files tbody tr")
    expect(rows.nth(5)).to_contain_text("浙商银行")
    expect(rows.nth(6)).to_contain_text("a.jsonl:2 has bytes that are nothing in the file's enc")
    expect(rows.nth(7)).to_contain_text("b.txt:1 has bytes that are nothing in the file's encoding")
    expect(page.locator("#files-count")).to_have_text("0 of 9 done, 2 failed")


def test_json_lines_are_those_of_nerve_extract(page: Page, pair: Gateway, tmp_path: Path) -> None:
    """`nerve convert` reads them; offsets are code points of the text; failures are a file too."""
    pair.engine.script = finds("叶老桂", "=王明")
    run(page)
    file = tmp_path / "entities.jsonl"
    file.write_bytes(saved(page, "Save JSONL"))
    found = list(answers(file))
    assert [(one["row"], one["file"], one.get("id")) for one in found] == [
        *[(1, "a.txt", None), (2, "b.jsonl", "一"), (3, "b.jsonl", None)],
        *[(6, "b.jsonl", {"a": 1}), (7, "c.txt", None)],
    ]
    for one in found:
        for entity in one["entities"]:
            assert one["text"][entity["start"] : entity["end"]] == entity["text"]
    assert found[0]["text"] == HOSTILE
    assert {one["model"] for one in found} == {ADAPTER}
    failed = [json.loads(line) for line in saved(page, "Save what failed").splitlines()]
    assert [one["row"] for one in failed] == [4, 5, 8]
    assert failed[2]["error"].startswith("d.png is not a text in UTF-8, GB 18030")


def test_csv_is_for_spreadsheets(page: Page, pair: Gateway) -> None:
    """With a byte order mark, every cell quoted as it must be, and none a formula."""
    pair.engine.script = finds("叶老桂", "=王明")
    run(page)
    text = saved(page, "Save CSV").decode("utf-8")
    assert text.startswith("\ufeffrow,file,id,label,text,start,end,score\r\n")
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert [(one["row"], one["id"], one["text"]) for one in rows] == [
        *[("1", "", "叶老桂"), ("2", "一", "叶老桂"), ("3", "", "'=王明"), ("7", "", "叶老桂")]
    ]


def test_ids_come_back_as_they_were(page: Page, pair: Gateway) -> None:
    """Numbers that JavaScript would round, and those that it would write otherwise, inside of
    others too."""
    pair.engine.script = finds("叶老桂")
    ids = ["9007199254740993", "9007199254740992", "-12345678901234567890", "1.0", "1e3", "7"]
    ids += ['{"a":[9007199254740993]}', '"9007199254740993"', "true"]
    lines = "".join(f'{{"id": {one}, "text": "叶老桂"}}\n' for one in ids)
    run(page, {"b.jsonl": lines.encode()})
    for line, one in zip(saved(page, "Save JSONL").decode().splitlines(), ids, strict=True):
        assert f',"id":{one},"text":' in line
    rows = csv.DictReader(saved(page, "Save CSV").decode("utf-8-sig").splitlines())
    assert [one["id"] for one in rows] == [one.strip('"') for one in ids]


def test_rows_are_asked_as_the_form_says(page: Page, pair: Gateway) -> None:
    """Model, labels and options; many rows go in slices, and progress is seen."""
    page.get_by_label("company").press("Space")
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Overlaps").select_option("all")
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one))
    lines = "\n".join(json.dumps(f"第{at}行") for at in range(70))
    run(page, {"many.jsonl": lines.encode()})
    expect(page.locator("#files-count")).to_have_text("70 of 70 done")
    bodies = [
        [json.loads(line) for line in (one.post_data or "").splitlines()]
        for one in sent
        if one.url.endswith("/extract/batch")
    ]
    assert [len(body) for body in bodies] == [32, 32, 6]
    wanted = {"model": ADAPTER, "labels": ["name"], "overlaps": "all", "text": "第0行"}
    assert bodies[0][0] == wanted
    assert page.locator("#files-progress").evaluate("one => one.position") == 1


def test_stop_ends_it_and_the_rest_can_be_asked_for(page: Page, pair: Gateway) -> None:
    """The gateway leaves the engine; what was answered stays."""
    pair.engine.script = pair.engine.hangs
    drop_all(page, {"a.txt": b"one", "b.txt": b"two"})
    page.locator("#files-go").click()
    assert pair.engine.busy.wait(10)
    page.get_by_role("button", name="Stop").press("Enter")
    assert pair.engine.left.wait(10)
    expect(page.locator("#files-count")).to_have_text("0 of 2 done")
    expect(page.locator("#files-go")).to_be_focused()
    pair.engine.script = completes("无")
    page.keyboard.press("Enter")
    expect(page.locator("#files-count")).to_have_text("2 of 2 done")


def test_rows_that_failed_are_asked_again(page: Page, pair: Gateway) -> None:
    """A row's error is its own, in the table; those that were answered are not asked twice."""
    pair.engine.script = fails(500, {"error": "no"})
    run(page, {"a.txt": "叶老桂".encode(), "b.txt": b""})
    expect(page.locator("#files-count")).to_have_text("1 of 2 done, 1 failed")
    expect(page.locator("#files tbody tr").first).to_contain_text("engine")
    pair.engine.script = finds("叶老桂")
    page.get_by_role("button", name="Extract the rest").click()
    expect(page.locator("#files-count")).to_have_text("2 of 2 done")


def test_a_text_of_the_table_is_looked_at(page: Page) -> None:
    """In the form, to be asked about alone."""
    drop_all(page, {"a.txt": b"one", "b.txt": b"two"})
    page.get_by_role("button", name="b.txt").click()
    expect(page.locator("#text")).to_have_value("two")


def test_too_much_is_refused(page: Page) -> None:
    """With the way that such files go; what was there stays."""
    drop_all(page, {"a.txt": b"one", "b.txt": b"two"})
    drop_all(page, {"c.jsonl": b'"x"\n' * 10_001})
    expect(page.locator("#error")).to_contain_text("nerve extract FILE")
    expect(page.locator("#files tbody tr")).to_have_count(2)
    page.locator("#files-close").click()
    expect(page.locator("#files")).to_be_hidden()


def test_a_long_table_shows_its_beginning(page: Page) -> None:
    """And says how many more there are; all of them count."""
    drop_all(page, {"many.jsonl": b'"x"\n' * 620})
    expect(page.locator("#files tbody tr")).to_have_count(500)
    expect(page.locator("#files")).to_contain_text("and 120 more")
    expect(page.locator("#files-count")).to_have_text("0 of 620 done")


def test_a_key_that_is_wanted_is_asked_for(
    browser: Browser, adapters: Path, tmp_path: Path
) -> None:
    """And the rows wait until it is there."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("one", "key-of-one", "extract"), encoding="utf-8")
    with (
        running(adapters, api_keys_file=keys) as gateway,
        opened(browser, gateway.url, models=False) as page,
    ):
        gateway.engine.script = completes("无")
        expect(page.locator("#key")).to_be_focused()
        drop_all(page, {"a.txt": b"one", "b.txt": b"two"})
        page.locator("#files-go").click()
        expect(page.locator("#key")).to_be_focused()
        page.keyboard.insert_text("key-of-one")
        page.keyboard.press("Enter")
        page.wait_for_selector("#model option", state="attached")
        page.locator("#files-go").click()
        expect(page.locator("#files-count")).to_have_text("2 of 2 done")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_table_is_accessible(page: Page, pair: Gateway, scheme: str) -> None:
    """By axe's rules, before and after, and no wider than a telephone."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    pair.engine.script = finds("叶老桂", "=王明")
    drop_all(page, FILES)
    checked(page)
    page.locator("#files-go").click()
    expect(page.locator("#files-count")).to_contain_text("3 failed")
    expect(page.locator("#files-stop")).to_be_hidden()
    checked(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
