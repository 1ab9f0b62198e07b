"""A text in other tools' files: how it begins there, and its pieces, cut at the edges of its
entities, for the formats that cannot say that two overlap."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.bulk.errors import BulkFailed


def pieces(answer: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Each piece with its entity, or None; together they are the text.

    Raises BulkFailed where two entities overlap, which a gateway answers only if asked.
    """
    text, at = answer["text"], 0
    for entity in sorted(answer["entities"], key=lambda one: int(one["start"])):
        start, end = entity["start"], entity["end"]
        if start < at:
            raise BulkFailed(
                f"row {answer['row']} has entities that overlap at {start}; "
                "expected none, or a format that can say so: jsonl, csv, brat"
            )
        if at < start:
            yield text[at:start], None
        yield text[start:end], entity
        at = end
    if at < len(text):
        yield text[at:], None


def begun(text: str) -> str:
    """What a file has before ``text``: another byte order mark, if it begins with one, since
    readers take the first away."""
    return "\ufeff" * text.startswith("\ufeff")


def one_word(label: str) -> str:
    """A label for formats whose fields end at white space."""
    return re.sub(r"\s+", "_", label)
