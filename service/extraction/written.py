"""An answer as JSON, without keeping everybody else waiting while it is written."""

import asyncio
import json
from collections.abc import Callable, Sequence

from pydantic import BaseModel
from starlette.responses import Response

from service.extraction.aside import MANY, aside

# Of an answer that may be long, the field that makes it so. It comes before everything in which a
# caller's own words stand, and there quotes are escaped.
_LISTS = ("entities", "results", "result")
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


async def written(answer: BaseModel, *, defaults: bool = False) -> bytes:
    """As ``model_dump_json`` has it, defaults left out unless they are wanted."""
    if size(answer) > MANY:
        return await asyncio.to_thread(in_slices, answer, defaults=defaults)
    return answer.model_dump_json(exclude_defaults=not defaults).encode()


async def response(answer: BaseModel, *, defaults: bool = False) -> Response:
    """It as a whole answer."""
    return Response(await written(answer, defaults=defaults), media_type="application/json")


async def said(make: Callable[[], object], entities: int) -> Response:
    """What ``make`` makes of so many entities, in another tool's shape, as a whole answer."""
    body = await aside(entities > MANY, lambda: _in_pieces(make()).encode())
    return Response(body, media_type="application/json")


def size(answer: BaseModel) -> int:
    """How many entities, or answers without any, it lists."""
    name, items = _listed(answer)
    return sum(max(size(one), 1) for one in items) if name == "results" else len(items)


def in_slices(answer: BaseModel, *, defaults: bool) -> bytes:
    """The serializer lets no other thread run until it is done: a slice is done soon."""
    name, items = _listed(answer)
    around = answer.model_copy(update={name: []}) if items else answer
    whole = around.model_dump_json(exclude_defaults=not defaults).encode()
    if not items:
        return whole
    head, empty, tail = whole.partition(f'"{name}":[]'.encode())
    slices = (in_slices(one, defaults=defaults) for one in items)
    return head + empty[:-1] + b",".join(slices) + b"]" + tail


def _in_pieces(value: object) -> str:
    if isinstance(value, dict):
        members = (f"{_json(name)}:{_in_pieces(one)}" for name, one in value.items())
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    return _json(value)


def _listed(answer: BaseModel) -> tuple[str, Sequence[BaseModel]]:
    name = next((one for one in _LISTS if one in type(answer).model_fields), "")
    return name, getattr(answer, name) if name else ()
