"""The readers: seven kinds of labelled files, one ``Example`` a row.

==================  ==============================================================================
``cluener``         ``{"text", "label": {label: {surface: [[start, end inclusive], …]}}}`` a line
``spans``           ``{"text", "entities": [{"label", "start", "end"}, …]}`` a line, end exclusive
``chinese_ner_sft`` ``{"text", "entities": [{"start_idx", "end_idx", "entity_text",
                    "entity_label"}, …]}`` a line, end inclusive or exclusive as the surface fits
``alpaca``          ``{"instruction", "input", "output"}`` a line: the text is ``input``, the
                    output an answer of one of our formats; places are found by alignment
``label_studio``    an export of Label Studio, a JSON list of tasks
``doccano``         ``{"text", "label": [[start, end, label], …]}`` a line, end exclusive
``columns``         a character and its tag a line, a blank line between texts; BIO, BMES, BIOES
==================  ==============================================================================

A label may be given by its name or by its written form. Where no labels are given, every label is
taken as it stands (not in ``alpaca``, whose outputs can only be read with the labels).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from adapters.data import annotated
from adapters.data.examples import Example
from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Entity, Label, label_named

Kind = Literal[
    "cluener", "spans", "chinese_ner_sft", "alpaca", "columns", "label_studio", "doccano"
]
Parser = Callable[[str, Sequence[Label]], Example]
KINDS: tuple[Kind, ...] = get_args(Kind)


class DataError(Exception):
    """A row that cannot be used: names the file, the line, what is wrong, what was expected."""


@dataclass(frozen=True, slots=True)
class Read:
    """The examples of a file, and what was wrong with the rows that were skipped."""

    examples: list[Example]
    skipped: list[str]


def read(path: Path, kind: Kind, labels: Sequence[Label], *, skip_bad: bool = False) -> Read:
    """Read a file; no ``labels`` means any. Raises DataError at the first bad row, unless
    ``skip_bad``, and for a file that cannot be read.
    """
    if kind not in KINDS:
        raise DataError(f"{path}: kind {kind!r}; expected one of {', '.join(KINDS)}")
    if kind == "alpaca" and not labels:
        raise DataError(f"{path}: rows of kind alpaca; expected their labels (a recipe or adapter)")
    found = Read([], [])
    try:
        rows = list(_ROWS.get(kind, _lines)(path))
    except UnicodeDecodeError as exc:
        raise DataError(f"{path}: not UTF-8: {exc}") from exc
    except ValueError as exc:
        raise DataError(f"{path}: {exc}") from exc
    parse = _tagged if kind == "columns" else _PARSERS[kind]
    for number, row in rows:
        try:
            found.examples.append(_sorted(parse(row, labels)))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            message = f"{path}:{number}: {_complaint(exc)}"
            if not skip_bad:
                raise DataError(message) from exc
            found.skipped.append(message)
    return found


def _cluener(row: str, labels: Sequence[Label]) -> Example:
    fields = json.loads(row)
    return Example(
        fields["text"],
        tuple(
            _entity(fields["text"], labels, label, start, end + 1, surface)
            for label, surfaces in fields["label"].items()
            for surface, spans in surfaces.items()
            for start, end in spans
        ),
    )


def _spans(row: str, labels: Sequence[Label]) -> Example:
    fields = json.loads(row)
    text, items = fields["text"], fields["entities"]
    found = (
        _entity(text, labels, item["label"], item["start"], item["end"], item.get("text"))
        for item in items
    )
    return Example(text, tuple(found))


def _chinese_ner_sft(row: str, labels: Sequence[Label]) -> Example:
    fields = json.loads(row)
    text = fields["text"]
    entities = []
    for item in fields["entities"]:
        start, end, surface = item["start_idx"], item["end_idx"], item["entity_text"]
        end += text[start:end] != surface
        entities.append(_entity(text, labels, item["entity_label"], start, end, surface))
    return Example(text, tuple(entities))


def _alpaca(row: str, labels: Sequence[Label]) -> Example:
    fields = json.loads(row)
    text, output = fields["input"], fields["output"]
    answer = FORMATS["json" if output.lstrip().startswith("[") else "lines"]
    decoded = answer.decode(output, labels, complete=True)
    aligned = align(text, decoded.mentions)
    dropped = decoded.dropped + aligned.dropped
    if dropped:
        raise ValueError(f"{dropped[0].text!r} in the output is {dropped[0].reason}")
    return Example(text, aligned.entities)


def _annotated(read_row: Callable[[str], tuple[str, list[annotated.Span]]]) -> Parser:
    def parse(row: str, labels: Sequence[Label]) -> Example:
        text, spans = read_row(row)
        return Example(text, tuple(_entity(text, labels, *span) for span in spans))

    return parse


_PARSERS: Mapping[str, Parser] = {
    "cluener": _cluener,
    "spans": _spans,
    "chinese_ner_sft": _chinese_ner_sft,
    "alpaca": _alpaca,
    "label_studio": _annotated(annotated.label_studio),
    "doccano": _annotated(annotated.doccano),
}


def _tagged(block: str, labels: Sequence[Label]) -> Example:
    """B- and S- begin an entity, I-, M- and E- go on with one of the same label, O is outside."""
    cells = [line.rsplit(maxsplit=1) for line in block.split("\n")]
    wide = next((cell[0] for cell in cells if len(cell[0].split()) > 1), None)
    if wide is not None:
        raise ValueError(f"columns {wide!r} before the tag; expected one: the text, then its tag")
    # A line with a tag alone stands for a space.
    pairs = [(cell[0] if len(cell) == 2 else " ", cell[-1]) for cell in cells]
    text = "".join(word for word, _ in pairs)
    spans: list[tuple[str, int, int]] = []
    position, is_open = 0, False
    for word, tag in pairs:
        mark, _, label = tag.partition("-")
        end = position + len(word)
        if mark in ("B", "S"):
            spans.append((label, position, end))
        elif mark in ("I", "M", "E"):
            if not is_open or spans[-1][0] != label:
                raise ValueError(f"tag {tag!r} goes on with an entity that was not begun")
            spans[-1] = (label, spans[-1][1], end)
        elif tag != "O":
            raise ValueError(f"tag {tag!r}; expected O, or B-, I-, M-, E- or S- and a label")
        is_open, position = mark in ("B", "I", "M"), end
    return Example(text, tuple(_entity(text, labels, *span, None) for span in spans))


def _entity(
    text: str, labels: Sequence[Label], name: str, start: int, end: int, surface: str | None
) -> Entity:
    label = label_named(name, labels) if labels else Label(name, name)
    if label is None:
        expected = ", ".join(label.name for label in labels)
        raise ValueError(f"label {name!r}; expected one of {expected}")
    if not 0 <= start < end <= len(text):
        raise ValueError(f"span [{start}, {end}); expected one inside [0, {len(text)})")
    if surface is not None and text[start:end] != surface:
        raise ValueError(f"[{start}, {end}) is {text[start:end]!r}; expected {surface!r}")
    return Entity(label.name, start, end)


def _sorted(example: Example) -> Example:
    if not isinstance(example.text, str):
        raise ValueError(f"text {example.text!r}; expected a string")
    unique = set(example.entities)
    return Example(example.text, tuple(sorted(unique, key=lambda e: (e.start, e.end, e.label))))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _columns(path: Path) -> Iterator[tuple[int, str]]:
    """(first line's number, the lines of one text)"""
    with path.open(encoding="utf-8") as file:
        block: list[str] = []
        for number, line in enumerate(chain(file, ["\n"]), 1):
            if line.strip():
                block.append(line.rstrip("\n"))
            elif block:
                yield number - len(block), "\n".join(block)
                block = []


_ROWS: Mapping[str, Callable[[Path], Iterator[tuple[int, str]]]] = {
    "columns": _columns,
    "label_studio": annotated.tasks,
}


def _complaint(exc: Exception) -> str:
    return f"no field {exc}" if isinstance(exc, KeyError) else str(exc)
