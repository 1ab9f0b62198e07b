"""``nerve extract``: what it shows of a text, the labels that it takes, and how it fails."""

import json
from pathlib import Path

import pytest

from tests.conftest import Gateway
from tests.deploy.commands.test_cli import nerve
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails
from tests.support.open_adapter import open_gateway
from tests.support.serving import free_port


def test_extract_shows_entities_and_what_was_dropped(gateway: Gateway) -> None:
    """For a person."""
    gateway.engine.script = completes("姓名：叶老桂\n公司：招商银行")
    shown = nerve("extract", "叶老桂博士", "--url", gateway.url)
    assert shown.exit_code == 0, shown.stderr
    assert "0–3  name  叶老桂" in shown.stdout
    assert "dropped (not_in_text): 招商银行" in shown.stdout


def test_extract_names_the_parts_that_failed(gateway: Gateway) -> None:
    """A part without an answer is not one without entities; status 1."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), completes("无"))
    shown = nerve("extract", "今天下雨。" * 60 + "毒", "--url", gateway.url)
    assert shown.exit_code == 1
    assert "301 could not be extracted: the engine answered with status 500" in shown.stdout


def test_extract_json_from_standard_input(gateway: Gateway) -> None:
    """For a program: the answer itself, the text with its own line breaks."""
    gateway.engine.script = completes("姓名：叶老桂")
    shown = nerve(
        "extract", "-", "--json", "--label", "name", "--url", gateway.url, stdin="\n叶老桂"
    )
    assert json.loads(shown.stdout)["entities"][0]["start"] == 1


def test_extract_with_labels_that_are_described(tmp_path: Path) -> None:
    """As `nerve adapter evaluate` has them, of a text and of a file's rows."""
    text, out = "叶老桂", tmp_path / "out.jsonl"
    (tmp_path / "texts.txt").write_text(f"{text}\n", encoding="utf-8")
    labels = ("--label", "dish=food=ordered", "--label", "place")
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    with open_gateway(adapters) as gateway:
        to = ("--url", gateway.url)
        assert nerve("extract", text, *labels, *to).exit_code == 0
        rows = nerve("extract", str(tmp_path / "texts.txt"), "--out", str(out), *labels, *to)
        assert rows.exit_code == 0, rows.output
        told = [one["messages"][0]["content"] for one in gateway.engine.asked]
    assert len(told) == 2
    assert all("dish" in one and "food=ordered" in one and "place" in one for one in told)


LABELS = {
    "labels.json": '{"labels": {"PER": {"name": "人物", "description": "人名"}}}',
    "labels.toml": '[labels.PER]\nname = "人物"\ndescription = "人名"\n',
    "config.xml": '<View><Labels name="l" toName="t"><Label value="人物" hint="人名"/></Labels>'
    '<Text name="t" value="$text"/></View>',
}
LABELS["CONFIG.XML"] = LABELS["config.xml"]


@pytest.mark.parametrize("file", LABELS)
def test_extract_with_a_file_of_labels(tmp_path: Path, file: str) -> None:
    """The model is asked by name and description; answers, of rows too, have the file's ids."""
    path, out = tmp_path / file, tmp_path / "out.jsonl"
    path.write_text(LABELS[file], encoding="utf-8")
    (tmp_path / "texts.txt").write_text("叶老桂\n", encoding="utf-8")
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    with open_gateway(adapters) as gateway:
        gateway.engine.script = completes("人物：叶老桂\n人物：张三")
        to = ("--labels", str(path), "--url", gateway.url)
        shown = nerve("extract", "叶老桂", "--json", *to)
        assert shown.exit_code == 0, shown.output
        rows = nerve("extract", str(tmp_path / "texts.txt"), "--out", str(out), *to)
        assert rows.exit_code == 0, rows.output
        told = [one["messages"][0]["content"] for one in gateway.engine.asked]
    assert all(one.endswith("- 人物: 人名") for one in told)
    found = "人物" if file.lower() == "config.xml" else "PER"
    for answer in (json.loads(shown.stdout), json.loads(out.read_text(encoding="utf-8"))):
        (entity,), (dropped,) = answer["entities"], answer["dropped"]
        assert (entity["label"], dropped["label"]) == (found, found)
    both = nerve("extract", "叶老桂", "--labels", str(path), "--label", "name")
    assert both.exit_code == 2
    assert "--label and --labels: expected one of them" in both.stderr


@pytest.mark.parametrize("file", ["labels.json", "config.xml"])
def test_extract_with_a_file_of_labels_in_another_encoding(tmp_path: Path, file: str) -> None:
    """As rows and texts; what was told is said."""
    path, adapters = tmp_path / file, tmp_path / "adapters"
    path.write_text(LABELS[file], encoding="gb18030")
    adapters.mkdir()
    with open_gateway(adapters) as gateway:
        shown = nerve("extract", "叶老桂", "--labels", str(path), "--url", gateway.url)
        assert shown.exit_code == 0, shown.output
        assert gateway.engine.asked[0]["messages"][0]["content"].endswith("- 人物: 人名")
    assert f"{path}: read as GB 18030, as its bytes tell" in shown.stderr


def test_extract_with_a_label_twice() -> None:
    """Of two descriptions none is lost in silence."""
    shown = nerve("extract", "叶老桂", "--label", "公司", "--label", "公司=企业")
    assert (shown.exit_code, '--label has "公司" twice; expected it once' in shown.stderr) == (
        2,
        True,
    )


def test_rows_with_other_ids_are_another_run(tmp_path: Path) -> None:
    """The requests would be the same, what is written would not."""
    labels, out = tmp_path / "labels.json", tmp_path / "out.jsonl"
    (tmp_path / "texts.txt").write_text("叶老桂\n", encoding="utf-8")
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    with open_gateway(adapters) as gateway:
        asked = ("extract", str(tmp_path / "texts.txt"), "--out", str(out), "--url", gateway.url)
        for name, status in (("PER", 0), ("PER", 0), ("person", 1)):
            labels.write_text(json.dumps({name: {"name": "人物"}}), encoding="utf-8")
            shown = nerve(*asked, "--labels", str(labels))
            assert shown.exit_code == status, shown.output
    assert 'ids was ["PER"] and is ["person"]' in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "nope"), "status 404: model has 'nope'; expected one of"),
        (("--label", "nope"), "status 422: labels has 'nope'; expected labels of clue"),
    ],
)
def test_extract_repeats_the_gateways_message(
    gateway: Gateway, arguments: tuple[str, ...], says: str
) -> None:
    """One sentence and status 1."""
    shown = nerve("extract", "叶老桂", "--url", gateway.url, *arguments)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert says in shown.stderr


@pytest.mark.parametrize(
    "options",
    [
        *("--format csv", "--kind txt", "--column a", "--field b", "--delimiter ;", "--sheet c"),
        *("--retry-failed", "--concurrency 16", "--patience 300", "--side-by-side 2"),
    ],
)
def test_an_option_of_rows_is_not_passed_over(options: str) -> None:
    """A text has one answer, on the terminal."""
    shown = nerve("extract", "叶老桂", *options.split())
    assert shown.exit_code == 2
    name = options.split()[0].replace("side-by-side", "concurrency")
    assert f"{name} without --out" in shown.stderr
    two = nerve("extract", "叶老桂", "--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:2")
    assert (two.exit_code, "more than one --url without --out" in two.stderr) == (2, True)
    both = nerve("extract", "-", "--out", "rows.jsonl", "--json")
    assert (both.exit_code, "--json and --out: expected one" in both.stderr) == (2, True)


def test_extract_without_a_gateway() -> None:
    """Says what to do."""
    shown = nerve("extract", "叶老桂", "--url", f"http://127.0.0.1:{free_port()}")
    assert shown.exit_code == 1
    assert "(Connection refused); start one with `nerve up`" in shown.stderr
