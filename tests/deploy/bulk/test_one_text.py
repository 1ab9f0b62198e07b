"""`nerve extract TEXT` without --out."""

import io
import json
import os
from pathlib import Path

import pytest

from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.one_text import text_of
from tests.conftest import Gateway
from tests.deploy.bulk.cases import NAME, nerve
from tests.support.fake_engine import finds


def test_a_text_file_is_read(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its encoding, whole; its name is no text."""
    gateway.engine.script = finds(NAME)
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text(f"{NAME}\n在上海", encoding="gb18030")
    shown = nerve("notes.txt", "--json", "--url", gateway.url)
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["entities"][0]["text"] == NAME
    assert "notes.txt: read as GB 18030" in shown.stderr
    assert "notes.txt: a file, whose text is read" in shown.stderr


def test_a_file_of_rows_wants_an_output(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is never taken for a text."""
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("text\na\n")
    shown = nerve("rows.csv", "--url", gateway.url)
    assert shown.exit_code == 1
    assert "rows.csv is a file of rows (csv); expected --out" in shown.stderr
    assert gateway.engine.asked == []


def test_a_name_without_an_ending_is_a_text_and_said_to_be(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word may be the name of a file that is there; with a folder it is the file."""
    gateway.engine.script = finds(NAME)
    monkeypatch.chdir(tmp_path)
    Path(NAME).write_text("在上海", encoding="utf-8")
    shown = nerve(NAME, "--json", "--url", gateway.url)
    assert json.loads(shown.stdout)["entities"][0]["text"] == NAME
    assert f"{NAME}: a file is there; taken for the text, ./{NAME} reads it" in shown.stderr
    read = nerve(f"./{NAME}", "--json", "--url", gateway.url)
    assert json.loads(read.stdout)["entities"] == []
    assert f"./{NAME}: a file, whose text is read" in read.stderr


@pytest.mark.parametrize("options", [("--json",), ("--out", "out.jsonl")])
def test_a_pipe_is_read(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """As a shell's `<(zcat texts.gz)` is one, which cannot be read twice."""
    gateway.engine.script = finds(NAME)
    monkeypatch.chdir(tmp_path)
    out, into = os.pipe()
    os.write(into, f"{NAME}在上海\n".encode("gb18030"))
    os.close(into)
    shown = nerve(f"/dev/fd/{out}", *options, "--encoding", "gb18030", "--url", gateway.url)
    os.close(out)
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout if "--json" in options else Path("out.jsonl").read_text())
    assert answer["entities"][0]["text"] == NAME


def test_a_name_without_a_file_is_a_text_and_said_to_be(gateway: Gateway) -> None:
    """Mistyped, most likely."""
    shown = nerve("nots.txt", "--url", gateway.url)
    assert (shown.exit_code, "nots.txt: no such file" in shown.stderr) == (0, True)
    assert "no such file" not in nerve("叶老桂 a.txt", "--url", gateway.url).stderr


@pytest.mark.parametrize(
    ("given", "is_told"),
    [
        *((name, True) for name in ("./READNE", "/data/notes", "../a/b", "~/notes", "notes.md")),
        *((name, True) for name in ("笔记.md", "NOTES.MD", "here/READNE", "a.jsonl", "a.parquet")),
        *((name, False) for name in ("A/B", "3/4", "和/或", "2024/05/01", "Ph.D", "Dr.Wu", "No.5")),
        *((name, False) for name in ("3.5kg", "a@b.com", "叶老桂……", "J.R.R.Tolkien", "今天。")),
        ("好" * 300 + ".com", False),
    ],
)
def test_what_may_be_a_mistyped_name_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, is_told: bool
) -> None:
    """With any ending, or in a folder that is there; ordinary texts raise no alarm."""
    monkeypatch.chdir(tmp_path)
    Path("here").mkdir()
    said: list[str] = []
    assert text_of(given, io.BytesIO(), "", said.append) == given
    assert said == ([f"{given}: no such file; taken for the text"] if is_told else [])


def test_a_directory_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is the name of one is."""
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    for name in ("docs", "docs.d"):
        Path(name).mkdir()
    for given in ("./docs", "docs/", "docs.d", str(tmp_path)):
        with pytest.raises(BulkFailed, match="is a directory; expected a text, or a text file"):
            text_of(given, io.BytesIO(), "", said.append)
    assert text_of("docs", io.BytesIO(), "", said.append) == "docs"
    assert said == ["docs: a directory is there; taken for the text"]
    assert text_of("", io.BytesIO(), "", said.append) == ""
    assert len(said) == 1


def test_standard_input_in_another_encoding(gateway: Gateway) -> None:
    """As a file's."""
    gateway.engine.script = finds(NAME)
    content = f"{NAME}在上海".encode("gb18030")
    shown = nerve("-", "--json", "--url", gateway.url, stdin=content)
    assert json.loads(shown.stdout)["entities"][0]["text"] == NAME
    wrong = nerve("-", "--encoding", "ascii", "--url", gateway.url, stdin=content)
    assert "line 1 is not ASCII" in wrong.stderr
