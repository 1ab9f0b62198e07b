"""docs/howto/files.md: each cell of its tables is what the commands do."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from adapters.data.readers import KINDS, DataError, Kind, read
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.opening import Wanted, source_of
from deploy.bulk.inputs.rows import rows
from deploy.commands.cli import app
from tests.adapters.conftest import LABELS
from tests.conftest import Gateway
from tests.support.fake_engine import finds

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "files.md"
TEXT, NAME = "浙商银行的叶老桂", "叶老桂"
ENCODINGS = {
    "UTF-8": "utf-8",
    "UTF-8 with a mark": "utf-8-sig",
    "UTF-16 with a mark": "utf-16",
    "UTF-16 without": "utf-16-le",
    "UTF-32 without": "utf-32-le",
    "GB 18030": "gb18030",
}
GOLD = {"text": TEXT, "entities": [{"label": "name", "start": 5, "end": 8}]}
TEXTS: Mapping[str, str] = {
    ".txt": f"{TEXT}\n",
    ".csv": f"text\n{TEXT}\n",
    ".tsv": f"id\ttext\n1\t{TEXT}\n",
    ".jsonl": json.dumps(GOLD, ensure_ascii=False) + "\n",
    ".json": json.dumps([GOLD], ensure_ascii=False),
}
LABELLED: Mapping[str, Any] = {
    "cluener": {"text": TEXT, "label": {"name": {NAME: [[5, 7]]}}},
    "spans": GOLD,
    "chinese_ner_sft": {
        "text": TEXT,
        "entities": [{"start_idx": 5, "end_idx": 8, "entity_text": NAME, "entity_label": "name"}],
    },
    "alpaca": {"instruction": "找", "input": TEXT, "output": f"姓名：{NAME}"},
    "doccano": {"text": TEXT, "label": [[5, 8, "name"]]},
    "label_studio": {
        "data": {"text": TEXT},
        "annotations": [
            {"result": [{"type": "labels", "value": {"start": 5, "end": 8, "labels": ["name"]}}]}
        ],
    },
    "spacy": [TEXT, {"entities": [[5, 8, "name"]]}],
}


def tables() -> list[list[dict[str, str]]]:
    """The page's tables, as rows of column → cell."""
    found: list[list[dict[str, str]]] = []
    for block in re.findall(r"(?:^\|.*\n)+", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        header, _, *lines = ([c.strip(" `") for c in ln.strip("|").split("|")]
                             for ln in block.strip().split("\n"))  # fmt: skip
        found.append([dict(zip(header, line, strict=True)) for line in lines])
    return found


FILES, KIND_ROWS = tables()


def content(suffix: str, encoding: str = "utf-8") -> bytes:
    """A file with one row."""
    if suffix in TEXTS:
        return TEXTS[suffix].encode(encoding)
    file = io.BytesIO()
    if suffix == ".parquet":
        parquet.write_table(pyarrow.table({"text": [TEXT]}), file)
    elif suffix == ".xlsx":
        pytest.importorskip("python_calamine")
        book = pytest.importorskip("openpyxl").Workbook()
        book.active.append(["text"])
        book.active.append([TEXT])
        book.save(file)
    return file.getvalue() or b"PK\x03\x04"


def texts(suffix: str, data: bytes, encoding: str = "") -> list[str | None]:
    """As `nerve extract FILE --out` reads them."""
    file = io.BytesIO(data)
    source = source_of(file, Path(f"in{suffix}"), Wanted(encoding=encoding))
    return [row.text for row in rows(file, source)]


@pytest.mark.parametrize("row", FILES, ids=lambda row: row["file"])
def test_encodings_of_files_of_texts(row: dict[str, str]) -> None:
    """yes: read; its own: read, and --encoding is refused; no: the file is refused."""
    suffix = row["file"]
    for column, encoding in ENCODINGS.items():
        match row[column]:
            case "yes":
                assert texts(suffix, content(suffix, encoding)) == [TEXT], column
            case "its own":
                assert texts(suffix, content(suffix)) == [TEXT]
                with pytest.raises(BulkFailed, match="one of its own"):
                    texts(suffix, content(suffix), encoding)
            case "no":
                with pytest.raises(BulkFailed, match="which is not read"):
                    texts(suffix, content(suffix, encoding))
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("row", FILES, ids=lambda row: row["file"])
def test_commands_and_files_of_texts(row: dict[str, str], gateway: Gateway, tmp_path: Path) -> None:
    """read, whole, --out, or refused; a refusal is one line that names the file."""
    gateway.engine.script = finds(NAME)
    path = tmp_path / f"in{row['file']}"
    path.write_bytes(content(row["file"]))
    out = str(tmp_path / "out.jsonl")
    arguments = {
        "nerve extract FILE --out OUT": ["extract", str(path), "--out", out, "--url", gateway.url],
        "nerve extract FILE": ["extract", str(path), "--url", gateway.url],
        "nerve adapter data FILE": ["adapter", "data", str(path)],
    }
    for command, said in arguments.items():
        shown = CliRunner().invoke(app, said, env={"COLUMNS": "200"})
        if row[command] in ("read", "whole"):
            assert shown.exit_code == 0, (command, shown.output)
        else:
            assert shown.exit_code == 1, (command, shown.output)
            assert path.name in shown.stderr
            assert shown.stderr.count("\n") == 1
            assert ("expected --out" in shown.stderr) == (row[command] == "--out")


def labelled(kind: str, layout: str, encoding: str, folder: Path) -> Path:
    """A labelled file of this kind."""
    if kind == "brat":
        (folder / "a.txt").write_bytes(TEXT.encode(encoding))
        (folder / "a.ann").write_bytes(f"T1\tname 5 8\t{NAME}\n".encode(encoding))
        return folder if layout == "folder" else folder / "a.txt"
    path = folder / "rows"
    if kind == "columns":
        tags = {5: "B-name", 6: "I-name", 7: "I-name"}
        lines = "".join(f"{one} {tags.get(at, 'O')}\n" for at, one in enumerate(TEXT))
        path.write_bytes(lines.encode(encoding))
        return path
    row = LABELLED[kind]
    written = json.dumps([row] if layout == "array" else row, ensure_ascii=False, indent=None)
    path.write_bytes(written.encode(encoding))
    return path


def cells() -> Iterator[tuple[str, str, str, bool]]:
    """Kind, layout, encoding, whether the kind is told."""
    for row in KIND_ROWS:
        for layout in row["layouts"].split(", "):
            for column, encoding in ENCODINGS.items():
                if layout != "DocBin" and row.get(column) == "yes":
                    for told in {False, row["told without `--kind"] == "yes"}:
                        yield row["--kind"], layout, encoding, told


@pytest.mark.parametrize(("kind", "layout", "encoding", "told"), [*cells()])
def test_labelled_files(kind: Kind, layout: str, encoding: str, told: bool, tmp_path: Path) -> None:
    """Each kind, layout and encoding gives the same example."""
    path = labelled(kind, layout, encoding, tmp_path)
    (example,) = read(path, "auto" if told else kind, LABELS).examples
    assert example.text == TEXT
    assert [(one.label, one.start, one.end) for one in example.entities] == [("name", 5, 8)]


def test_the_page_has_every_kind() -> None:
    """None is forgotten when one is added."""
    assert {row["--kind"] for row in KIND_ROWS} == set(KINDS) - {"auto"}


def test_what_is_refused_names_the_kinds(tmp_path: Path) -> None:
    """So that a person knows what to make."""
    path = tmp_path / "a.csv"
    path.write_text("text\n")
    with pytest.raises(DataError, match="expected labelled rows: cluener, spans"):
        read(path, "auto", ())
