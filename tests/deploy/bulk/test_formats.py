"""The formats of `nerve extract --out` and `nerve convert`: what other tools read."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from adapters.data.readers import read
from deploy.bulk.convert import convert
from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Format
from deploy.bulk.formats.annotators import write_label_studio
from deploy.bulk.inputs.opening import Wanted, source_of
from deploy.bulk.inputs.rows import rows as read_rows
from deploy.commands.cli import app

NAME = "叶老桂"
HOSTILE = "<script>alert('1')</script> & \"甲\"\t一\r\n\u3000𝄞二"
ENDINGS = {"csv": "out.csv", "conll": "out.conll", "brat": "out.brat", "displacy": "out.html"}


def nerve(*arguments: str, stdin: str = "") -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, arguments, input=stdin, env={"COLUMNS": "200"})


def row(number: int, text: str, *entities: tuple[str, int, int], **more: Any) -> dict[str, Any]:
    """A line of a run."""
    found = [
        {"label": label, "text": text[start:end], "start": start, "end": end, "score": None}
        for label, start, end in entities
    ]
    return {"row": number, **more, "text": text, "entities": found}


def converted(folder: Path, to: Format, *rows: dict[str, Any]) -> Path:
    """The output of these rows."""
    lines, out = folder / "rows.jsonl", folder / ENDINGS[to]
    lines.write_text(
        "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), encoding="utf-8"
    )
    convert(lines, out, to)
    return out


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A text of anything but NUL, which no request has, with entities that do not overlap."""
    anything = st.characters(codec="utf-8", exclude_characters="\0")
    blanks = st.sampled_from(" \t\r\n\u3000\x85\u2028")
    text = draw(st.text(anything | blanks, min_size=1, max_size=30))
    cuts = draw(st.sets(st.integers(0, len(text)), max_size=8))
    edges = sorted(cuts)
    pairs = zip(edges[::2], edges[1::2], strict=False)
    labels = st.sampled_from(["name", "公司", "a-b"])
    return row(1, text, *((draw(labels), start, end) for start, end in pairs))


@given(st.lists(rows(), min_size=1, max_size=3))
def test_columns_are_read_back(tmp_path_factory: pytest.TempPathFactory, some: list[Any]) -> None:
    """`--kind columns` has every text and every span again; white space comes back as spaces."""
    out = converted(tmp_path_factory.mktemp("columns"), "conll", *some)
    found = read(out, "columns", []).examples
    assert [example.text for example in found] == [re.sub(r"\s", " ", one["text"]) for one in some]
    for example, one in zip(found, some, strict=True):
        assert [(e.label, e.start, e.end) for e in example.entities] == [
            (e["label"], e["start"], e["end"]) for e in one["entities"]
        ]


def test_columns_as_chinese_tools_have_them(tmp_path: Path) -> None:
    """A character a line, BIO, a blank line between texts; a label is one word."""
    two = row(1, f"{NAME} 说", ("full name", 0, 3)), row(2, "无")
    assert converted(tmp_path, "conll", *two).read_text(encoding="utf-8") == (
        "叶 B-full_name\n老 I-full_name\n桂 I-full_name\n O\n说 O\n\n无 O\n\n"
    )


@pytest.mark.parametrize("first", ["\ufeff", "\ufeff\ufeff"])
def test_columns_keep_a_mark_of_the_text(tmp_path: Path, first: str) -> None:
    """A byte order mark that the first text itself begins with; others begin no file."""
    one, two = f"{first}{NAME}", f"{first}无"
    some = row(1, one, ("name", len(first), len(one))), row(2, two, ("mark", 0, 1))
    found = read(converted(tmp_path, "conll", *some), "columns", []).examples
    assert [example.text for example in found] == [one, two]
    spans = [(e.label, e.start, e.end) for example in found for e in example.entities]
    assert spans == [("name", len(first), len(one)), ("mark", 0, 1)]


def test_csv_has_a_row_an_entity(tmp_path: Path) -> None:
    """Any text survives the quoting; a text without entities has no row."""
    some = (
        row(1, HOSTILE, ("a,b", 0, len(HOSTILE)), id={"n": 7}),
        row(2, "无"),
        row(3, "=1", ("x", 0, 2)),
    )
    out = converted(tmp_path, "csv", *some)
    assert out.read_bytes().startswith(b"\xef\xbb\xbfrow,")  # else Excel shows no Chinese
    with out.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert found == [
        {
            "row": "1",
            "id": '{"n": 7}',
            "label": "a,b",
            "text": HOSTILE,
            "start": "0",
            "end": str(len(HOSTILE)),
            "score": "",
        },
        {"row": "3", "id": "", "label": "x", "text": "'=1", "start": "0", "end": "2", "score": ""},
    ]


def standoff(folder: Path) -> Iterator[tuple[str, str, int, int, str]]:
    """(text, label, start, end, surface) of each entity of a brat folder."""
    for annotations in sorted(folder.glob("*.ann")):
        text = annotations.with_suffix(".txt").read_bytes().decode()
        for line in annotations.read_bytes().decode().splitlines():
            name, place, surface = line.split("\t")
            label, start, end = place.split(" ")
            assert name[0] == "T"
            yield text, label, int(start), int(end), surface


def test_brat_has_two_files_a_row(tmp_path: Path) -> None:
    """Offsets are code points of the text as received, line breaks and emoji included."""
    place = HOSTILE.index("𝄞")
    some = (
        row(1, HOSTILE, ("note", place, place + 1), ("two words", place + 1, place + 2)),
        row(2, ""),
    )
    folder = converted(tmp_path, "brat", *some)
    assert sorted(path.name for path in folder.iterdir()) == [
        "00000001.ann", "00000001.txt", "00000002.ann", "00000002.txt", "annotation.conf",
    ]  # fmt: skip
    found = list(standoff(folder))
    assert [one[1] for one in found] == ["note", "two_words"]
    for text, _, start, end, surface in found:
        assert text == HOSTILE
        assert text[start:end] == surface
    configuration = (folder / "annotation.conf").read_text(encoding="utf-8")
    assert configuration.startswith("[entities]\nnote\ntwo_words\n\n[relations]\n")


@given(rows(), st.sampled_from(["", "\ufeff", "\ufeff\ufeff"]))
def test_brat_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, Any], first: str
) -> None:
    """As it was, a byte order mark included that the text itself begins with."""
    assume("\0" not in one["text"])
    text, moved = first + one["text"], len(first)
    spans = [(e["label"], e["start"] + moved, e["end"] + moved) for e in one["entities"]]
    folder = converted(tmp_path_factory.mktemp("brat"), "brat", row(1, text, *spans))
    (example,) = read(folder, "brat", []).examples
    assert example.text == text
    assert [(e.label, e.start, e.end) for e in example.entities] == spans


class Page(HTMLParser):
    """The tags of a page, what its texts say without the labels, and its marks."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text, self.marked = "", list[str]()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open += [tag] if tag != "meta" else []
        self.marked += [""] if tag == "mark" else []

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "div" in self._open and self._open[-1] != "span":
            self.text += data
        if self._open and self._open[-1] == "mark":
            self.marked[-1] += data


def test_the_page_shows_a_text_as_text(tmp_path: Path) -> None:
    """Nothing in a text, a label or an id becomes markup, and the page asks nobody for anything."""
    one = row(1, HOSTILE, ("<b>", 0, 25), id="<i>")
    source = converted(tmp_path, "displacy", one).read_bytes().decode()
    page = Page()
    page.feed(source)
    assert page.text == HOSTILE
    assert page.marked == [HOSTILE[:25]]
    assert not page.tags & {"script", "b", "i", "link", "img"}
    assert "default-src 'none'" in source
    assert "://" not in source


@pytest.mark.parametrize("to", ["conll", "displacy"])
def test_overlapping_entities_are_refused_where_they_cannot_be_said(
    tmp_path: Path, to: Format
) -> None:
    """No gateway answers so; if one did, nothing would be lost in silence."""
    with pytest.raises(BulkFailed, match="row 1 has entities that overlap at 1"):
        converted(tmp_path, to, row(1, "甲乙丙", ("a", 0, 2), ("b", 1, 3)))


def test_tasks_are_written_one_at_a_time(tmp_path: Path) -> None:
    """A list that is whole, and none of its tasks waits for the next row."""
    answers = [row(at, f"甲\n乙{at}", ("name", 0, 1)) for at in (1, 2)]
    written = []

    def noting(file: io.StringIO) -> Iterator[dict[str, Any]]:
        for answer in answers:
            written.append(file.getvalue())
            yield answer

    for count in (2, 1, 0):
        answers, file = answers[:count], io.StringIO()
        write_label_studio(noting(file), file)
        found = json.loads(file.getvalue())
        assert [one["data"]["text"] for one in found] == [one["text"] for one in answers]
        assert file.getvalue() == json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    assert "甲\\n乙1" in written[1]


def test_csv_is_read_by_our_own_reader(tmp_path: Path) -> None:
    """Its mark is no part of the first column's name."""
    out = converted(tmp_path, "csv", row(1, NAME, ("name", 0, 3)))
    for column, text in (("text", NAME), ("row", "1")):
        with out.open("rb") as file:
            source = source_of(file, out, Wanted(column=column))
            assert [one.text for one in read_rows(file, source)] == [text]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_no_cell_of_csv_is_a_formula(tmp_path: Path, first: str) -> None:
    """A spreadsheet would run it; numbers stay numbers."""
    text = f"{first}1+1"
    out = converted(tmp_path, "csv", row(1, text, (text, 0, len(text)), id=text))
    with out.open(encoding="utf-8-sig", newline="") as file:
        (found,) = csv.DictReader(file)
    assert [found[name] for name in ("id", "label", "text")] == [f"'{text}"] * 3
    assert found["start"] == "0"
