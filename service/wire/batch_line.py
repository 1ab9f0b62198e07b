"""One line of ``POST /extract/batch``, read."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.errors import InvalidRequest, MalformedBody, RequestTooLarge
from service.wire.json_object import once
from service.wire.requests import LineId
from service.wire.wording import why_not_json

_ID: TypeAdapter[str | int] = TypeAdapter(LineId, config={"strict": True})


def read(line: bytes | None, max_bytes: int) -> dict[str, Any]:
    """The fields of a request; a JSON string is a text. None was a line over the limit.

    Raises InvalidRequest, MalformedBody and RequestTooLarge.
    """
    if line is None:
        raise RequestTooLarge(f"the line is larger than the limit of {max_bytes} bytes")
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=once)
    except (RecursionError, ValueError) as exc:
        raise MalformedBody(f"the line is not JSON in UTF-8: {why_not_json(exc)}") from exc
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise InvalidRequest("the line is neither a JSON object nor a string")
    return value


def own_id(fields: Mapping[str, Any]) -> dict[str, str | int]:
    """The line's own ``id``, for its answer or its error; empty where it has none."""
    try:
        return {"id": _ID.validate_python(fields.get("id"))}
    except ValidationError:
        return {}
