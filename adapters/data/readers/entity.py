"""A gold entity, checked against its text and the labels there are."""

from collections.abc import Sequence
from typing import Any

from adapters.data.readers.errors import BadRow, UnknownLabel
from adapters.data.readers.fields import string, whole
from service.ner.types import Entity, Label
from service.wire.wording import shown


def entity(
    text: str, labels: Sequence[Label], name: Any, start: Any, end: Any, surface: Any = None
) -> Entity:
    """``[start, end)`` of ``text`` as ``name``; raises UnknownLabel, and BadRow for a blank
    label, a span outside of the text and another surface than there is."""
    name, start, end = string(name, "label"), whole(start, "start"), whole(end, "end")
    if not name.strip():
        raise BadRow(f"label has {shown(name)}; expected a name")
    label = label_meant(name, labels) if labels else Label(name, name)
    if label is None:
        raise unknown_label(name, labels)
    if not 0 <= start < end <= len(text):
        raise BadRow(f"span [{start}, {end}); expected one inside [0, {len(text)})")
    if surface is not None and text[start:end] != surface:
        raise BadRow(f"[{start}, {end}) is {text[start:end]!r}; expected {surface!r}")
    return Entity(label.name, start, end)


def label_meant(said: str, labels: Sequence[Label]) -> Label | None:
    """The label that a row means: by its name first, else as it is written. What a model writes is
    read the other way round (``service.ner.types.label_named``)."""
    word = said.strip()
    for label in labels:
        if word == label.name:
            return label
    return next((label for label in labels if word == label.written), None)


def unknown_label(name: str, labels: Sequence[Label]) -> UnknownLabel:
    """The error for a label that is none of ``labels``."""
    return UnknownLabel(f"label {name!r}; expected one of {', '.join(one.name for one in labels)}")


def in_utf16(text: str, start: int, end: int, surface: Any) -> tuple[int, int]:
    """The span in code points; tools that run in a browser count UTF-16 units. Only where the
    surface says so."""
    if not isinstance(surface, str) or text[start:end] == surface or text.isascii():
        return start, end
    units = text.encode("utf-16-le")
    try:
        before, found = units[: 2 * start].decode("utf-16-le"), units[2 * start : 2 * end]
        is_meant = found.decode("utf-16-le") == surface
    except UnicodeDecodeError:
        return start, end
    return (len(before), len(before) + len(surface)) if is_meant else (start, end)
