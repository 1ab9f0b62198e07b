"""CLUENER2020's own rows."""

from collections.abc import Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.fields import field, items, table, text_of, whole
from service.ner.types import Label


def read(row: Any, labels: Sequence[Label]) -> Example:
    """Ends are inclusive. Raises BadRow."""
    fields = table(row, "the row")
    text = text_of(fields)
    found = []
    for label, surfaces in table(field(fields, "label"), "label").items():
        for surface, spans in table(surfaces, f"label.{label}").items():
            for span in items(spans, f"label.{label}.{surface}"):
                start, last = items(span, f"label.{label}.{surface}", 2)
                found.append(entity(text, labels, label, start, whole(last, "end") + 1, surface))
    return Example(text, tuple(found))
