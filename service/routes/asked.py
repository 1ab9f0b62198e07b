"""What a route expects of a request beside its body; anything else is refused, never ignored."""

import json
from collections.abc import Awaitable, Callable

from fastapi import Request
from pydantic import BaseModel

from service.errors import InvalidRequest, MalformedBody
from service.wire.headers import expect_json
from service.wire.json_object import once
from service.wire.request_errors import only_fields
from service.wire.wording import meant, why_not_json


def json_body(kind: type[BaseModel]) -> Callable[[Request], Awaitable[None]]:
    """A dependency. Raises InvalidRequest when the body is not said to be JSON, has a name twice,
    or has more fields than a ``kind`` has."""

    async def check(request: Request) -> None:
        expect_json(request.scope)
        if body := await request.body():
            # FastAPI has read it before, and of a name that is there twice has kept the last.
            try:
                values = json.loads(body, object_pairs_hook=once)
            except RecursionError as exc:  # FastAPI read it with less of the stack in use
                raise MalformedBody(f"the body is not JSON: {why_not_json(exc)}") from exc
            only_fields(values, kind)

    return check


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
