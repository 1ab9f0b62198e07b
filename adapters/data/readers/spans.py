"""Rows with a list of entities: our own, and those of chinese_ner_sft."""

from collections.abc import Sequence
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.fields import field, items, table, text_of, whole
from service.ner.types import Label


def read(row: Any, labels: Sequence[Label]) -> Example:
    """Ends are exclusive; an entity's ``text`` is checked where there is one. Raises BadRow."""
    fields = table(row, "the row")
    text = text_of(fields)
    found = []
    for place, value in enumerate(items(field(fields, "entities"), "entities")):
        item = table(value, f"entities[{place}]")
        span = field(item, "start"), field(item, "end")
        found.append(entity(text, labels, field(item, "label"), *span, item.get("text")))
    return Example(text, tuple(found))


def read_sft(row: Any, labels: Sequence[Label]) -> Example:
    """Ends are either way: the surface decides. Raises BadRow."""
    fields = table(row, "the row")
    text = text_of(fields)
    found = []
    for place, value in enumerate(items(field(fields, "entities"), "entities")):
        item = table(value, f"entities[{place}]")
        start = whole(field(item, "start_idx"), "start_idx")
        end, surface = whole(field(item, "end_idx"), "end_idx"), field(item, "entity_text")
        end += text[start:end] != surface
        found.append(entity(text, labels, field(item, "entity_label"), start, end, surface))
    return Example(text, tuple(found))
