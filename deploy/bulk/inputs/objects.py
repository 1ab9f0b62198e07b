"""A row out of a JSON object."""

import json
from collections.abc import Mapping
from typing import Any

from deploy.bulk.row import Row
from service.wire.wording import shown


def row_of(number: int, found: Mapping[str, Any], field: str) -> Row:
    """Its text and its ``id``; what JSON or UTF-8 has no place for is the row's error."""
    own, text, there = found.get("id"), *_within(found, field)
    try:
        json.dumps(own, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as exc:
        what = "half of a surrogate pair" if isinstance(exc, UnicodeError) else "NaN or Infinity"
        return Row(number, None, None, f"id has {what}; expected a JSON value")
    if not isinstance(text, str):
        got = f"has {shown(text)}" if there else "is missing"
        return Row(number, own, None, f"{field} {got}; expected a string")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        return Row(
            number,
            own,
            None,
            f"{field} has {shown(text[exc.start])} at {exc.start}, half of a surrogate pair (an "
            "emoji is two); expected whole characters",
        )
    return Row(number, own, text)


def _within(found: Mapping[str, Any], field: str) -> tuple[Any, bool]:
    """The value, and whether there is one. A field may have a dot in its own name."""
    if field in found:
        return found[field], True
    value: Any = found
    for step in field.split("."):
        if not isinstance(value, dict) or step not in value:
            return None, False
        value = value[step]
    return value, True
