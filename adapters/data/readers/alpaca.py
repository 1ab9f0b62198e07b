"""Rows for other trainers, as LLaMA-Factory reads them."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import table, text_of
from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Dropped, Entity, Label

Answer = tuple[tuple[Entity, ...], tuple[Dropped, ...]]


def read(row: Any, labels: Sequence[Label]) -> Example:
    """The output is an answer in that of our formats which reads all of it. Raises BadRow where
    none does: it says what is not in the text, or has a label that is none of ``labels``."""
    fields = table(row, "the row")
    text, output = text_of(fields, "input"), text_of(fields, "output")
    answers = list(_answers(text, output, labels))
    whole = next((entities for entities, dropped in answers if not dropped), None)
    if whole is None:
        _, dropped = max(answers, key=_understood)
        raise BadRow(f"{dropped[0].text!r} in the output is {dropped[0].reason}")
    return Example(text, whole)


def _understood(answer: Answer) -> tuple[int, int]:
    """The most of what is found there, and the fewest pieces that are not of the format."""
    entities, dropped = answer
    return len(entities), -sum(one.reason == "malformed" for one in dropped)


def _answers(text: str, output: str, labels: Sequence[Label]) -> Iterator[Answer]:
    for name, answer in FORMATS.items():
        decoded = answer.decode(output, labels, complete=True)
        aligned = align(text, decoded.mentions)
        if name == "inline_tags" and not decoded.mentions and output.strip() != text.strip():
            continue  # it has no tags because it is in another format
        yield aligned.entities, (*decoded.dropped, *aligned.dropped)
