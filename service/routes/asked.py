"""What a route expects of a request: its body, read and checked, and its query; anything else is
refused, never ignored."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.types import Scope

from service.errors import InvalidRequest
from service.extraction.aside import read_aside
from service.wire.headers import expect_json
from service.wire.json_object import value_of
from service.wire.request_errors import validated
from service.wire.wording import meant

Kind = TypeVar("Kind", bound=BaseModel)


async def asked(scope: Scope, raw: bytes, kind: type[Kind]) -> Kind:
    """The body as a ``kind``. Raises MalformedBody, and InvalidRequest: it is not said to be JSON,
    has a name twice, or a field is wrong."""
    expect_json(scope)
    return await read_aside(raw, lambda raw: validated(kind, value_of(raw) if raw else None))


def body(kind: type[Kind]) -> Callable[[Request], Awaitable[Kind]]:
    """A dependency: as ``asked``. FastAPI would parse in the event loop, and keep the last of two
    members with one name."""

    async def read(request: Request) -> Kind:
        return await asked(request.scope, await request.body(), kind)

    return read


def only_query(*names: str) -> Callable[[Request], None]:
    """A dependency. Raises InvalidRequest for another name in the query, and for one twice."""
    expected = ", ".join(names) or "none"

    def check(request: Request) -> None:
        seen: set[str] = set()
        for name, _ in request.query_params.multi_items():
            if name not in names or name in seen:
                unknown = f"is no parameter of the query{meant(name, names)}"
                fault = "is there twice" if name in seen else unknown
                raise InvalidRequest(f"{name[:64]} {fault}; expected {expected}", param=name[:64])
            seen.add(name)

    return check
