"""Which kind of file an input is, by its name; what is none is refused by name."""

from pathlib import Path
from typing import Literal, get_args

from deploy.bulk.errors import BulkFailed

Kind = Literal["txt", "csv", "tsv", "jsonl", "json", "parquet", "xlsx"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Of columns, which have names; the others have fields, or nothing.
TABLES: tuple[Kind, ...] = ("csv", "tsv", "parquet", "xlsx")
TEXTS: tuple[Kind, ...] = ("txt", "csv", "tsv", "jsonl", "json")

_BY_SUFFIX: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".txt": "txt",
}
_OTHERS = {
    ".pdf": "PDF",
    ".doc": "Word",
    ".docx": "Word",
    ".rtf": "RTF",
    ".odt": "OpenDocument",
    ".ods": "OpenDocument",
    ".xls": "Excel of before 2007",
    ".ppt": "PowerPoint",
    ".pptx": "PowerPoint",
    ".html": "HTML",
    ".htm": "HTML",
    ".xml": "XML",
    ".zip": "a ZIP archive",
    ".gz": "compressed",
    ".bz2": "compressed",
    ".xz": "compressed",
    ".zst": "compressed",
    ".7z": "a 7z archive",
}


def known(path: Path) -> Kind | None:
    """By its name; None where that says nothing. Raises BulkFailed for what is no kind."""
    suffix = path.suffix.lower()
    if suffix in _OTHERS:
        raise BulkFailed(
            f"{path.name} is {_OTHERS[suffix]} by its name, which is not read; expected "
            f"{', '.join(KINDS)}, or --kind for a file that is one of them"
        )
    return _BY_SUFFIX.get(suffix)


def kind_of(path: Path) -> Kind:
    """As ``known``; txt where the name says nothing."""
    return known(path) or "txt"
