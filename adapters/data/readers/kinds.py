"""Which kind of file it is: said, or told by its name and its first rows."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal[
    "auto",
    "cluener",
    "spans",
    "chinese_ner_sft",
    "alpaca",
    "doccano",
    "label_studio",
    "spacy",
    "brat",
    "columns",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What holds texts and no labels, or labels where nothing says which text they are of.
_NONE = {
    **dict.fromkeys((".csv", ".tsv"), "a table without a place for spans"),
    **dict.fromkeys((".parquet", ".xlsx", ".xlsm", ".xls", ".ods"), "a table"),
    **dict.fromkeys((".pdf", ".docx", ".doc", ".html", ".htm", ".xml"), "a document"),
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".tar"), "an archive"),
}


def refusal(path: Path) -> str | None:
    """What ``path`` is by its name, where no kind is meant by it."""
    return _NONE.get(path.suffix.lower())


def by_name(path: Path) -> Kind | None:
    """None where the rows have to tell."""
    suffix = path.suffix.lower()
    if path.is_dir() or suffix == ".ann" or (suffix == ".txt" and _beside(path).is_file()):
        return "brat"
    if suffix == ".spacy":
        return "spacy"
    return "columns" if suffix in (".conll", ".bio", ".iob", ".bmes", ".bioes") else None


def by_rows(rows: Iterable[Any]) -> Kind | None:
    """The first row that could be of one kind only decides; None where there is none."""
    return next((kind for kind in map(_of, rows) if kind), None)


def _beside(path: Path) -> Path:
    return path.with_suffix(".ann")


def _of(row: Any) -> Kind | None:
    if isinstance(row, list):
        return "spacy" if len(row) == 2 and isinstance(row[0], str) else None
    if not isinstance(row, dict):
        return None
    if isinstance(row.get("data"), dict):
        return "label_studio"
    if any(map(_is_short_list, row.values())):
        return "label_studio"
    if "input" in row and "output" in row:
        return "alpaca"
    if "ents" in row or "spans" in row:
        return "spacy"
    return _by_labels(row)


def _is_short_list(value: Any) -> bool:
    """The regions of a control in JSON-MIN, which is named as people like."""
    first = value[0] if isinstance(value, list) and value else None
    if not isinstance(first, dict) or "start" not in first:
        return False
    return "labels" in first or "hypertextlabels" in first


def _by_labels(row: dict[str, Any]) -> Kind | None:
    labels = row.get("label", row.get("labels"))
    if isinstance(labels, dict):
        return "cluener"
    if isinstance(labels, list):
        return "label_studio" if any(isinstance(one, dict) for one in labels) else "doccano"
    entities = row.get("entities")
    first = entities[0] if isinstance(entities, list) and entities else None
    if not isinstance(first, dict):
        return None
    if "start_offset" in first:
        return "doccano"
    return "chinese_ner_sft" if "start_idx" in first else "spans"
