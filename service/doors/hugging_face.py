"""Hugging Face's inference API for token classification: ``{"inputs": …}`` to a model's address.

``InferenceClient("http://…/models/NAME").token_classification(text)``; the gateway's own address is
its default model's.
"""

from collections.abc import Collection, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from service.doors.asked import one_or_many, only, optional, strings
from service.doors.finding import Entity, Finder, headers, whole
from service.errors import InvalidRequest
from service.extraction.aside import read_aside
from service.extraction.written import said
from service.wire.json_object import JsonObject
from service.wire.responses import ErrorBody
from service.wire.wording import shown

PREFIX = "/models/"

_FIELDS = ("inputs", "parameters", "options")
_PARAMETERS = ("aggregation_strategy", "ignore_labels", "stride")
_STRATEGIES = ("simple", "first", "average", "max")
_MOST = 256


def knows(scope: Scope) -> bool:
    """Is this request for this door?"""
    path = str(scope["path"])
    return path.startswith(PREFIX) or (path == "/" and scope["method"] == "POST")


def says(_: Scope, status: int, error: ErrorBody) -> Response:
    """As the original: one string."""
    return JSONResponse({"error": error.message}, status)


async def answer(finder: Finder, raw: bytes, model: str | None = None) -> Response:
    """The entities of a text, or of each in a list. Raises NerveError."""
    inputs, ignored = await read_aside(raw, _read)
    if isinstance(inputs, str):
        found = [await finder.one(inputs, model)]
    else:
        found = [whole(one, "inputs") for one in await finder.many(inputs, model)]

    def shape() -> object:
        several = [_said(one.entities, ignored) for one in found]
        return several[0] if isinstance(inputs, str) else several

    response = await said(shape, sum(len(one.entities) for one in found))
    response.headers.update(headers(found))
    return response


def _read(raw: bytes) -> tuple[str | list[str], Collection[str]]:
    """Texts, and labels to leave out. ``options`` are for models that are loaded when asked."""
    values = JsonObject.read(raw).values
    only(values, _FIELDS, "token classification")
    optional(values, "options", dict, {})
    ignored = _ignored(optional(values, "parameters", dict, {}))
    return one_or_many(values, "inputs", _MOST), ignored


def _ignored(parameters: dict[str, Any]) -> Collection[str]:
    """Labels to leave out. ``stride`` is for models that read texts in pieces."""
    only(parameters, _PARAMETERS, "parameters")
    optional(parameters, "stride", int, 0)
    strategy = optional(parameters, "aggregation_strategy", str, "simple")
    if strategy not in _STRATEGIES:
        raise InvalidRequest(
            f"aggregation_strategy has {shown(strategy)}; expected one of "
            f"{', '.join(_STRATEGIES)}: entities are found whole",
            param="aggregation_strategy",
        )
    return strings(parameters, "ignore_labels")


def _said(entities: Sequence[Entity], ignored: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "entity_group": one.name,
            "score": one.score,
            "word": one.text,
            "start": one.start,
            "end": one.end,
        }
        for one in entities
        if one.name not in ignored
    ]
