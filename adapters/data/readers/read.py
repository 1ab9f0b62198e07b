"""A file of labelled rows, whatever its kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers import (
    alpaca,
    brat,
    cluener,
    columns,
    doccano,
    kinds,
    label_studio,
    spacy,
    spans,
)
from adapters.data.readers.errors import BadRow, DataError, NotAccepted, UnknownLabel
from adapters.data.readers.gold import unreachable
from adapters.data.readers.kinds import KINDS, Kind
from adapters.data.readers.lines import blocks, content, is_json, json_rows
from service.ner.types import Label

LOOKED_AT = 100  # rows, to tell a kind by

Parse = Callable[[Any, Sequence[Label]], Example]
Found = Iterator[tuple[str, Callable[[], Example]]]  # where a row stands, and what reads it

_PARSERS: Mapping[Kind, Parse] = {
    "cluener": cluener.read,
    "spans": spans.read,
    "chinese_ner_sft": spans.read_sft,
    "doccano": doccano.read,
    "label_studio": label_studio.read,
    "spacy": spacy.read,
}


@dataclass(slots=True)
class Read:
    """The examples of a file, and what was wrong with the rows that were skipped; ``kind`` as it
    was read, ``unreachable`` the gold that can never come out, ``not_accepted`` rows that Prodigy's
    annotators rejected or ignored; ``places`` where a text stands first."""

    examples: list[Example]
    skipped: list[str]
    kind: str = ""
    unreachable: list[str] = field(default_factory=list)
    not_accepted: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def read(
    path: Path,
    kind: Kind,
    labels: Sequence[Label],
    *,
    whose: str = "",
    others: bool = False,
    skip_bad: bool = False,
    encoding: str = "",
) -> Read:
    """Read a file, or brat's folder; no ``labels`` means any; no ``encoding``, as its bytes tell.
    ``whose`` is said where a row has a label that is none of them. With ``others`` rows may have
    any, which are taken as they stand.

    Raises DataError at the first bad row, unless ``skip_bad``, and for a file that cannot be read.
    """
    if kind not in KINDS:
        raise DataError(f"{path}: kind {kind!r}; expected one of {', '.join(KINDS)}")
    if kind == "auto" and (other := kinds.refusal(path)):
        raise DataError(f"{path}: {other}; expected labelled rows: {', '.join(KINDS[1:])}")
    chosen, told, rows = _rows(path, kind, encoding, labels, others)
    if chosen == "alpaca" and not labels:
        raise DataError(f"{path}: rows of kind alpaca; expected their labels (a recipe or adapter)")
    found = Read([], [], told)
    for place, parse in rows:
        try:
            example = _sorted(parse())
        except NotAccepted as exc:
            found.not_accepted.append(f"{place}: {exc}")
            continue
        except BadRow as exc:
            said = f"{exc}; {whose}" if whose and isinstance(exc, UnknownLabel) else str(exc)
            message = f"{_further(place, exc.lines)}: {said}"
            if not skip_bad:
                raise DataError(message) from exc
            found.skipped.append(message)
            continue
        found.examples.append(example)
        found.places.setdefault(example.text, place)
        found.unreachable += (f"{place}: {one}" for one in unreachable(example))
    return found


def _rows(
    path: Path, kind: Kind, encoding: str, asked: Sequence[Label], others: bool
) -> tuple[Kind, str, Found]:
    """The kind, how it is called, and the rows."""
    labels = () if others else asked
    chosen = kind if kind != "auto" else kinds.by_name(path)
    if chosen == "brat":
        return chosen, chosen, _of_brat(path, encoding, labels)
    if chosen == "spacy" and path.suffix.lower() == ".spacy":
        return chosen, chosen, _of_json(path, spacy.documents(path), spacy.read, labels)
    text = content(path, encoding)
    if chosen == "columns" or (chosen is None and text.strip() and not is_json(text)):
        return "columns", *_of_columns(path, text, labels)
    if chosen is None:
        firsts = (row for _, row in islice(json_rows(path, text), LOOKED_AT))
        chosen = kinds.by_rows(firsts) or "spans"
    rows = json_rows(path, text)
    if chosen == "alpaca":
        return chosen, chosen, _of_json(path, rows, partial(alpaca.read, others=others), asked)
    parse = _PARSERS[chosen]
    if chosen == "label_studio":  # all rows together tell which field is the text
        usual = label_studio.usual_field(row for _, row in json_rows(path, text))
        parse = partial(label_studio.read, usual=usual)
    return chosen, chosen, _of_json(path, rows, parse, labels)


def _of_json(
    path: Path, rows: Iterator[tuple[int, Any]], parse: Parse, labels: Sequence[Label]
) -> Found:
    for number, row in rows:

        def one(row: Any = row) -> Example:
            if isinstance(row, BadRow):
                raise row
            return parse(row, labels)

        yield f"{path}:{number}", one


def _of_brat(path: Path, encoding: str, labels: Sequence[Label]) -> Found:
    for file in brat.files(path):
        yield f"{file}:1", partial(brat.read, file, encoding, labels)


def _of_columns(path: Path, text: str, labels: Sequence[Label]) -> tuple[str, Found]:
    """All texts are looked at before the first is read: together they tell how words are joined."""
    texts: list[tuple[str, list[columns.Line] | BadRow]] = []
    for number, block in blocks(text):
        if columns.is_heading(block):
            continue
        try:
            texts.append((f"{path}:{number}", columns.cells(block)))
        except BadRow as exc:
            texts.append((f"{path}:{number}", exc))
    how = columns.columns_of([lines for _, lines in texts if not isinstance(lines, BadRow)])

    def rows() -> Found:
        for place, lines in texts:

            def one(lines: list[columns.Line] | BadRow = lines) -> Example:
                if isinstance(lines, BadRow):
                    raise lines
                return columns.read(lines, how, labels)

            yield place, one

    return f"columns ({how.told})", rows()


def _further(place: str, lines: int) -> str:
    path, _, number = place.rpartition(":")
    return f"{path}:{int(number) + lines}"


def _sorted(example: Example) -> Example:
    unique = set(example.entities)
    return Example(example.text, tuple(sorted(unique, key=lambda e: (e.start, e.end, e.label))))
