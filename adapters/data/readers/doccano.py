"""doccano's JSON lines, of both generations; the newer one has relations beside the entities."""

from collections.abc import Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.fields import field, items, table, text_of
from service.ner.types import Label


def read(row: Any, labels: Sequence[Label]) -> Example:
    """Ends are exclusive; the text is ``text``, or ``data``. Raises BadRow."""
    fields = table(row, "the row")
    text = text_of(fields, "text" if "text" in fields else "data")
    if "entities" in fields:
        listed = [table(one, "entities") for one in items(fields["entities"], "entities")]
        spans = [(field(one, "start_offset"), field(one, "end_offset")) for one in listed]
        named = [(*span, field(one, "label")) for span, one in zip(spans, listed, strict=True)]
    else:
        name = "labels" if "labels" in fields else "label"
        named = [tuple(items(one, name, 3)) for one in items(field(fields, name), name)]
    return Example(text, tuple(entity(text, labels, label, *span) for *span, label in named))
