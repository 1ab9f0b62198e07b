"""Rows for other trainers, as LLaMA-Factory reads them."""

from collections.abc import Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import table, text_of
from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Label


def read(row: Any, labels: Sequence[Label]) -> Example:
    """Raises BadRow where the output says what is not in the text."""
    fields = table(row, "the row")
    text, output = text_of(fields, "input"), text_of(fields, "output")
    answer = FORMATS["json" if output.lstrip().startswith("[") else "lines"]
    decoded = answer.decode(output, labels, complete=True)
    aligned = align(text, decoded.mentions)
    dropped = decoded.dropped + aligned.dropped
    if dropped:
        raise BadRow(f"{dropped[0].text!r} in the output is {dropped[0].reason}")
    return Example(text, aligned.entities)
