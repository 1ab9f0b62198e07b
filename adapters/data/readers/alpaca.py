"""Rows for other trainers, as LLaMA-Factory reads them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import unknown_label
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import table, text_of
from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Dropped, Entity, Label

Answer = tuple[tuple[Entity, ...], tuple[Dropped, ...]]


def read(row: Any, labels: Sequence[Label], *, others: bool = False) -> Example:
    """The output is an answer in that of our formats which reads all of it. Raises BadRow where
    none does: it says what is not in the text, or has a label that is none of ``labels``; with
    ``others`` such a label is taken as it stands."""
    fields = table(row, "the row")
    text, output = text_of(fields, "input"), text_of(fields, "output")
    answers = list(_answers(text, output, labels))
    whole = next((answer for answer in answers if not answer[1]), None)
    entities, dropped = whole or max(answers, key=lambda answer: _understood(text, answer))
    unknown = dict.fromkeys(one.label or "" for one in dropped if one.reason == "unknown_label")
    if others and unknown:
        return read(row, (*labels, *(Label(name, name) for name in unknown)))
    if dropped:
        raise _error(dropped[0], labels)
    return Example(text, entities)


def _error(fault: Dropped, labels: Sequence[Label]) -> BadRow:
    if fault.reason == "unknown_label":
        return unknown_label(fault.label or "", labels)
    return BadRow(f"{fault.text!r} in the output is {fault.reason}")


def _understood(text: str, answer: Answer) -> tuple[int, int, int, int]:
    """The most of what is found there, the fewest pieces that are not of the format, of these the
    fewest labels that there are not, and the most surfaces in ``text``: a line may be read from
    either end."""
    entities, dropped = answer
    reasons = Counter(one.reason for one in dropped)
    there = sum(one.text in text for one in dropped)
    return len(entities), -reasons["malformed"], -reasons["unknown_label"], there


def _answers(text: str, output: str, labels: Sequence[Label]) -> Iterator[Answer]:
    for name, answer in FORMATS.items():
        decoded = answer.decode(output, labels, complete=True)
        aligned = align(text, decoded.mentions)
        told = decoded.mentions or decoded.dropped
        if name == "inline_tags" and not told and output.strip() != text.strip():
            continue  # it has no tags because it is in another format
        yield aligned.entities, (*decoded.dropped, *aligned.dropped)
