"""What a route expects of a request beside its body; anything else is refused, never ignored."""

from collections.abc import Awaitable, Callable

from fastapi import Request
from pydantic import BaseModel

from service.errors import InvalidRequest
from service.wire.headers import expect_json
from service.wire.request_errors import only_fields
from service.wire.wording import meant


def json_body(kind: type[BaseModel]) -> Callable[[Request], Awaitable[None]]:
    """A dependency. Raises InvalidRequest when the body is not said to be JSON, or has more fields
    than a ``kind`` has."""

    async def check(request: Request) -> None:
        expect_json(request.scope)
        if await request.body():
            only_fields(await request.json(), kind)  # which FastAPI has read before, and kept

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
