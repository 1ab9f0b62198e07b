"""`nerve extract` of what nothing says a kind of: a pipe, a name without one of our endings."""

import json
from pathlib import Path

import pytest

from tests.conftest import Gateway
from tests.deploy.bulk.cases import NAME, lines, nerve
from tests.support.fake_engine import finds

CSV = f"id,body\n1,{NAME}\n"
JSON = json.dumps({"data": {"text": NAME}}, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "options", "says"),
    [
        ("-", CSV, ("--column", "body"), "--column 'body' for txt, which has no columns; expected"),
        ("news.csv.1", CSV, ("--column", "body"), "expected --kind csv, tsv, parquet or xlsx, or"),
        ("-", JSON, ("--field", "data.text"), "--field 'data.text' for txt, which has no fields;"),
        ("a.txt", JSON, ("--field", "text"), "expected --kind jsonl or json, or a name that ends"),
        ("-", CSV, ("--kind", "txt", "--column", "body"), "--column 'body' for txt"),
    ],
)
def test_a_text_has_no_column_and_no_field(
    gateway: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str,
    options: tuple[str, ...],
    says: str,
) -> None:
    """The source of another kind is never extracted as texts where a part of it was asked for."""
    monkeypatch.chdir(tmp_path)
    if name != "-":
        Path(name).write_text(content, encoding="utf-8")
    shown = nerve(name, "--out", "o.jsonl", "--url", gateway.url, *options, stdin=content)
    assert shown.exit_code == 1, shown.output
    assert says in shown.stderr
    assert (gateway.engine.asked, Path("o.jsonl").exists()) == ([], False)


def test_a_kind_that_is_said_has_them(gateway: Gateway, tmp_path: Path) -> None:
    """Through a pipe as from a file."""
    gateway.engine.script = finds(NAME)
    for kind, content, options in (
        ("csv", CSV, ("--column", "body")),
        ("jsonl", JSON, ("--field", "data.text")),
    ):
        out = tmp_path / f"{kind}.jsonl"
        command = ("-", "--kind", kind, "--out", str(out), "--url", gateway.url, *options)
        shown = nerve(*command, stdin=content)
        assert shown.exit_code == 0, shown.output
        assert [row["text"] for row in lines(out)] == [NAME]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JSON, "jsonl"),
        (f"\n{JSON}", "jsonl"),
        (f"[{JSON}]", "json"),
        ("[\n{}]", "json"),
        (f"[{NAME}] 在上海\n", None),
        ("[1]\n", None),
        (f"{NAME}\n", None),
    ],
)
def test_json_that_is_taken_for_texts_is_said(
    gateway: Gateway, tmp_path: Path, content: str, kind: str | None
) -> None:
    """A text a line, as the kind is; not so where a person says that it is text."""
    says = f"read as txt, a text a line, though it begins as JSON; else say --kind {kind}"
    for said in ((), ("--kind", "txt")):
        out = tmp_path / f"{len(said)}.jsonl"
        shown = nerve("-", "--out", str(out), "--url", gateway.url, *said, stdin=content)
        assert shown.exit_code == 0, shown.output
        assert lines(out)[0]["text"] == next(filter(str.strip, content.splitlines()))
        assert (says in shown.stderr) == (kind is not None and not said)
