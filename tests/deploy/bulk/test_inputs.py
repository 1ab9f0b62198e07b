"""Kinds and encodings of what `nerve extract FILE` reads: every row, or a refusal by name."""

import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from adapters.data.encoding import EncodingError, encoding_of, named
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.kinds import KINDS, kind_of
from deploy.bulk.inputs.opening import Wanted, source_of
from deploy.bulk.inputs.rows import rows
from tests.conftest import Gateway
from tests.deploy.bulk.cases import NAME, lines, nerve
from tests.support.fake_engine import finds

TEXTS = [f"{NAME}在浙商银行，说“你好”", "他是北京大学的教授；住在上海。", f"第三行：{NAME}"]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


WRITERS: Mapping[str, Callable[[], str]] = {
    "txt": lambda: "".join(f"{text}\n" for text in TEXTS),
    "csv": lambda: "id,text\r\n" + "".join(f"{i},{_quoted(t)}\r\n" for i, t in enumerate(TEXTS)),
    "tsv": lambda: "id\ttext\n" + "".join(f"{i}\t{t}\n" for i, t in enumerate(TEXTS)),
    "jsonl": lambda: "".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in TEXTS),
    "json": lambda: json.dumps([{"text": t} for t in TEXTS], ensure_ascii=False, indent=1),
}


def xlsx(*sheets: list[list[object]]) -> bytes:
    """A workbook of these sheets."""
    pytest.importorskip("python_calamine")
    book, file = pytest.importorskip("openpyxl").Workbook(), io.BytesIO()
    book.remove(book.active)
    for number, cells in enumerate(sheets, 1):
        sheet = book.create_sheet(f"sheet {number}")
        for row in cells:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def read(content: bytes, name: str, **wanted: Any) -> list[str | None]:
    """The texts, or the errors of rows."""
    file = io.BytesIO(content)
    source = source_of(file, Path(name), Wanted(**wanted))
    return [row.text or row.error for row in rows(file, source)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_in_every_encoding(kind: str, encoding: str) -> None:
    """By name and bytes alone, and as a person says."""
    content = WRITERS[kind]().encode(encoding)
    assert read(content, f"in.{kind}") == TEXTS
    assert read(content, "in", kind=kind, encoding=encoding) == TEXTS


def test_kinds_that_have_an_encoding_of_their_own() -> None:
    """Parquet and XLSX."""
    assert {*WRITERS, "parquet", "xlsx"} == set(KINDS)
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": TEXTS}), file)
    assert read(file.getvalue(), "in.parquet") == TEXTS
    assert read(xlsx([["id", "text"], *([i, t] for i, t in enumerate(TEXTS))]), "a.xlsx") == TEXTS
    with pytest.raises(BulkFailed, match="--encoding for xlsx, which has one of its own"):
        read(xlsx([["text"]]), "a.xlsx", encoding="gb18030")


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_a_run_resumes_in_every_encoding(
    gateway: Gateway, tmp_path: Path, kind: str, encoding: str
) -> None:
    """Row by row; told to be in another encoding, it is another run."""
    gateway.engine.script = finds(NAME)
    source, out = tmp_path / f"in.{kind}", tmp_path / "out.jsonl"
    source.write_bytes(WRITERS[kind]().encode(encoding))
    command = (str(source), "--out", str(out), "--url", gateway.url)
    first = nerve(*command)
    assert first.exit_code == 0, first.output
    assert f"in.{kind}: read as {'GB 18030' if encoding == 'gb18030' else 'UTF-16'}" in first.stderr
    whole = out.read_bytes()
    assert [row["text"] for row in lines(out)] == TEXTS
    out.write_bytes(whole[: whole.rindex(b"\n", 0, -1) - 5])
    gateway.engine.reset()
    gateway.engine.script = finds(NAME)
    assert nerve(*command).exit_code == 0
    assert out.read_bytes() == whole
    assert len(gateway.engine.asked) == 2
    other = nerve(*command, "--encoding", "latin-1")
    assert other.exit_code == 1
    assert out.read_bytes() == whole


def test_cluener_s_own_json_and_nested_fields() -> None:
    """An object a line under the name .json; a field within a field, or with a dot in its name."""
    line = '{"text": "浙商银行", "label": {}}\n'
    assert read(line.encode() * 2, "dev.json") == ["浙商银行"] * 2
    tasks = b'[{"data": {"text": "a"}}, {"data.text": "b"}, {"data": "c"}]'
    assert read(tasks, "tasks.json", field="data.text") == [
        "a",
        "b",
        "data.text is missing; expected a string",
    ]


@pytest.mark.parametrize(
    ("name", "content", "wanted", "says"),
    [
        ("a.csv", 'id,text\n1,"ab\n2,cd\n', {}, "line 2 of the input: a quote opens .* never cl"),
        ("a.csv", 'id,text\n1,a\n2,"ab\n3,"cd"\n', {}, "line 3 of the input: a quote opens"),
        ("a.csv", "id;text\n1;a\n", {}, "no column 'text'; expected one of id;text; is --delim"),
        ("a.csv", "text,text\n1,a\n", {}, "there are 2 columns 'text'; expected one"),
        ("a.csv", "id,text,id\n1,a,2\n", {}, "there are 2 columns 'id'; expected one"),
        ("a.csv", "text\na\n", {"delimiter": "ab"}, "--delimiter has 'ab'; expected one character"),
        ("a.txt", "a\n", {"delimiter": ";"}, "--delimiter for txt; expected csv or tsv"),
        (
            "a.csv",
            "text\n",
            {"column": "a", "field": "b"},
            "--column 'a' and --field 'b'",
        ),
        ("a.json", '{\n "data": [\n]}', {}, "neither an array of JSON objects nor"),
        ("a.json", '[{"text": "a"},\n{"text": }]', {}, "not a JSON array: .*line 2 column 10"),
        ("a.pdf", "", {}, r"a\.pdf is PDF by its name, which is not read; expected txt, csv"),
        ("a.docx", "", {}, r"a\.docx is Word by its name"),
        ("a.xls", "", {}, r"a\.xls is Excel of before 2007 by its name"),
        ("a.csv.gz", "", {}, "is compressed by its name"),
        ("a.txt", "a", {"encoding": "klingon"}, "--encoding has 'klingon'; expected a name such"),
        ("a.txt", "a", {"encoding": "base64"}, "--encoding has 'base64'; expected a name such"),
        ("a.txt", "PK\x03\x04\x00\x00ab\x00\x00" * 9, {}, "the file is not text"),
    ],
)
def test_what_cannot_be_read_is_refused(
    name: str, content: str, wanted: dict[str, str], says: str
) -> None:
    """By name and place, before anything is asked."""
    with pytest.raises(BulkFailed, match=says):
        read(content.encode(), name, **wanted)


def test_a_delimiter_that_is_said() -> None:
    """Of one character, or tab by its name."""
    assert read(b'a;text\n1;"x;y"\n', "in.csv", delimiter=";") == ["x;y"]
    assert read(b"a\ttext\n1\tx\n", "in.csv", delimiter="tab") == ["x"]


def test_xlsx_without_its_reader_or_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be installed; what it is not."""
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "python_calamine", None)
        with pytest.raises(BulkFailed, match=r"-r requirements/xlsx\.txt"):
            read(b"", "a.xlsx")
    pytest.importorskip("python_calamine")
    with pytest.raises(BulkFailed, match="the input is not XLSX"):
        read(b"text\n", "a.xlsx")


def test_cells_of_a_spreadsheet() -> None:
    """A number is no text; empty rows are none; of several sheets one is named."""
    cells: list[list[object]] = [["id", "text"], [1, "a"], [None, None], [2, 7], [3, None]]
    assert read(xlsx(cells), "in.xlsx") == ["a", "text has 7; expected text", "text is empty"]
    with pytest.raises(BulkFailed, match="has the sheets sheet 1, sheet 2; expected --sheet"):
        read(xlsx(cells, cells), "in.xlsx")
    two = xlsx([["text"], ["b"]], cells)
    assert read(two, "in.xlsx", sheet="sheet 1") == ["b"]
    with pytest.raises(BulkFailed, match="--sheet has 'x'; expected one of sheet 1, sheet 2"):
        read(two, "in.xlsx", sheet="x")
    file = io.BytesIO(xlsx(cells))
    assert [row.id for row in rows(file, source_of(file, Path("a.xlsx"), Wanted()))] == [1, 2, 3]


def test_a_sheet_with_empty_first_rows() -> None:
    """As of CSV, the first that has a cell names the columns; where none does, that is said."""
    empty: list[object] = [None, None]
    cells: list[list[object]] = [empty, empty, ["id", "text"], [1, "a"], empty, [2, "b"]]
    file = io.BytesIO(xlsx(cells))
    found = rows(file, source_of(file, Path("a.xlsx"), Wanted()))
    assert [(row.number, row.id, row.text) for row in found] == [(1, 1, "a"), (3, 2, "b")]
    with pytest.raises(BulkFailed, match=r"no column 'text'; expected one of id, news$"):
        read(xlsx([["id", None, "news"]]), "a.xlsx")
    for content, name in ((xlsx([empty]), "a.xlsx"), (b"", "a.csv")):
        with pytest.raises(BulkFailed, match="expected a row that names the columns"):
            read(content, name)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("叶老桂\n", "gb18030"),
        ("浙商銀行企業信貸部葉老桂博士則從另一個角度對五道門檻進行了解讀。\n", "big5"),
        ("東京都の田中さんはソニー株式会社で働いています。カタカナ。\n", "shift_jis"),
        ("서울에 사는 김철수 씨는 삼성전자에 다닙니다.\n", "euc_kr"),
        ("Jürgen Müller wohnt in Köln und arbeitet für die größte Bäckerei.\n", "cp1252"),
        ("Владимир живёт в Москве и работает в Газпроме.\n", "cp1251"),
        ("plain\n", "utf-8"),
        ("a\0b and what else there is on the line\n", "utf-8"),
    ],
)
def test_an_encoding_is_told_by_the_bytes(text: str, encoding: str) -> None:
    """Chinese first where several are as likely."""
    content = text.encode(encoding)
    assert content.decode(encoding_of(io.BytesIO(content))) == text


def test_one_bad_row_does_not_change_the_encoding() -> None:
    """UTF-8 that is broken at one place stays UTF-8: that row is at fault."""
    good = f"{NAME}\n".encode()
    assert read(good + b"\xd2\xd2\n" + good, "in.txt") == [NAME, "the row is not UTF-8", NAME]
    assert read(f"{NAME}\n".encode("gb18030") + b"\xff\xff\n", "in.txt", encoding="gb18030") == [
        NAME,
        "the row is not GB 18030",
    ]


def test_what_is_no_encoding() -> None:
    """Of any sort."""
    marked = NAME.encode("utf-16")
    assert read(marked, "a.txt", encoding="utf-16-le") == [NAME]  # the mark is no part of the text
    assert read(NAME.encode("utf-8-sig"), "a.txt", encoding="utf-8") == [NAME]
    assert read(NAME.encode("utf-16-le"), "a.txt", encoding="utf-16-le") == [NAME]
    for name in ("", "hex", "\0"):
        with pytest.raises(EncodingError, match="expected a name such as"):
            named(name)
    assert kind_of(Path("noname")) == "txt"
