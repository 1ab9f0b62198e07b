"""`nerve extract` of a Parquet file."""

import datetime
import io
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.rows import rows
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row
from tests.conftest import Gateway
from tests.deploy.bulk.cases import lines, nerve
from tests.support.fake_engine import finds

NAME = "叶老桂"


def file_of(rows_each: int = 2, **columns: Any) -> io.BytesIO:
    """A Parquet file with these columns, and so many rows in a row group."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), file, row_group_size=rows_each)
    return file


def of_columns(*names: str) -> bytes:
    """A Parquet file of these columns, of which two may have one name."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table([["x"]] * len(names), names=list(names)), file)
    return file.getvalue()


def test_a_parquet_file_is_extracted_and_resumed(gateway: Gateway, tmp_path: Path) -> None:
    """By its name, with `--column`; rows of several row groups keep their number and id."""
    gateway.engine.script = finds(NAME)
    source, out = tmp_path / "in.parquet", tmp_path / "out.jsonl"
    texts = [f"{NAME}{i}" for i in range(5)]
    source.write_bytes(file_of(id=[10, 11, None, 13, 14], body=texts).getvalue())
    command = (str(source), "--column", "body", "--out", str(out), "--url", gateway.url)
    shown = nerve(*command)
    assert shown.exit_code == 0, shown.output
    whole = out.read_bytes()
    assert [(row["row"], row.get("id"), row["text"]) for row in lines(out)] == [
        (i + 1, None if i == 2 else 10 + i, text) for i, text in enumerate(texts)
    ]
    out.write_bytes(whole[:-20])
    assert nerve(*command).exit_code == 0
    assert (out.read_bytes(), len(gateway.engine.asked)) == (whole, 6)


def test_standard_input_may_be_parquet(gateway: Gateway, tmp_path: Path) -> None:
    """With `--kind`."""
    gateway.engine.script = finds(NAME)
    out = tmp_path / "out.jsonl"
    command = ("-", "--kind", "parquet", "--out", str(out), "--url", gateway.url)
    shown = nerve(*command, stdin=file_of(text=[NAME]).getvalue())
    assert shown.exit_code == 0, shown.output
    assert [row["text"] for row in lines(out)] == [NAME]


@pytest.mark.parametrize(
    "kind",
    [
        pyarrow.string(),
        pyarrow.large_string(),
        pyarrow.string_view(),
        pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    ],
)
def test_strings_of_every_kind(kind: Any) -> None:
    """A null is that row's error."""
    file = file_of(text=pyarrow.array(["一", None, "一"], kind))
    assert list(rows(file, Source("parquet"))) == [
        Row(1, None, "一"),
        Row(2, None, None, "text is null"),
        Row(3, None, "一"),
    ]


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([1, None], [1, None]),
        ([True, False], [True, False]),
        (["a", "b"], ["a", "b"]),
        ([1.5, float("nan")], ["1.5", "nan"]),
        ([datetime.date(2020, 1, 2), None], ["2020-01-02", None]),
        (
            pyarrow.array([1, 2], pyarrow.timestamp("ns")),
            [f"1970-01-01 00:00:00.00000000{at}" for at in (1, 2)],
        ),
        ([b"\x00\xff", None], ["00ff", None]),
        (pyarrow.array([b"ab", b"cd"], pyarrow.binary(2)), ["6162", "6364"]),
        (pyarrow.array([uuid.UUID(int=1).bytes] * 2, pyarrow.uuid()), [str(uuid.UUID(int=1))] * 2),
        ([[1, None], []], [[1, None], []]),
        (
            [{"a": 0.5, "b": float("inf")}, {"a": None, "b": 1.0}],
            [{"a": 0.5, "b": "inf"}, {"a": None, "b": 1.0}],
        ),
        (
            [{"of": b"\x01", "on": [datetime.date(2020, 1, 2)]}, None],
            [{"of": "01", "on": ["2020-01-02"]}, None],
        ),
    ],
)
def test_an_id_is_what_json_can_say(ids: Any, found: list[Any]) -> None:
    """Or its string: a UUID as people write it, bytes in hex."""
    read = list(rows(file_of(id=ids, text=["一", "二"]), Source("parquet")))
    assert [row.id for row in read] == found
    assert [(row.text, row.error) for row in read] == [("一", None), ("二", None)]
    json.dumps(found, allow_nan=False)


def test_an_id_that_cannot_be_written_fails_its_row_only() -> None:
    """And is named: the text beside it is well."""
    bad = pyarrow.array([b"\xff\xfe", "二".encode()]).view(pyarrow.string())
    first, second = rows(file_of(id=bad, text=["一", "二"]), Source("parquet"))
    assert (first.text, (first.error or "")[:21]) == (None, "id cannot be written:")
    assert second == Row(2, "二", "二")


def test_bytes_that_are_no_text_fail_their_row_only() -> None:
    """Parquet does not check what a writer calls a string."""
    bad = pyarrow.array([b"\xff\xfe", "二".encode()]).view(pyarrow.string())
    found = list(rows(file_of(text=bad), Source("parquet")))
    assert found == [Row(1, None, None, "the row is not UTF-8"), Row(2, None, "二")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a,b\n1,2\n", "the input is not Parquet"),
        (file_of(a=["x"], b=["y"]).getvalue(), "no column 'text'; expected one of a, b"),
        (file_of(text=[1]).getvalue(), "the column 'text' is of type int64; expected string"),
        (of_columns("text", "text"), "there are 2 columns 'text'; expected one"),
        (of_columns("text", "id", "id"), "there are 2 columns 'id'; expected one"),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, says: str) -> None:
    """Before any row is asked for."""
    with pytest.raises(BulkFailed, match=says):
        list(rows(io.BytesIO(content), Source("parquet")))


def test_without_pyarrow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway's environment does without."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BulkFailed, match=r"-r requirements/parquet\.txt"):
        list(rows(file_of(text=["x"]), Source("parquet")))


def test_memory_does_not_grow_with_the_rows() -> None:
    """20 MB of texts in one row group, then in many: a batch and the pages in hand are held.

    Measured with 20 MB and with 100 MB alike: 6.2 MB, and 4.0 MB in row groups of 1,000.
    """
    texts = [f"{i:010d}" * 100 for i in range(20_000)]
    for rows_each in (20_000, 500):
        file = file_of(rows_each, text=texts)
        before = pyarrow.total_allocated_bytes()
        most = max(pyarrow.total_allocated_bytes() for _ in rows(file, Source("parquet")))
        assert most - before < 10_000_000
