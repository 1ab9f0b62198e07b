"""Errors in the shape of the service whose client asks.

Pure ASGI: whatever refuses a request on its way, and the routes themselves, answer in the one
envelope; outside of them all, here, it is put into the original's.
"""

import json
from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.wire.responses import ErrorBody

_KEPT = frozenset({b"retry-after", b"connection", b"www-authenticate"})

# Is a request for this door? How does it say an error, given the status on our routes?
Knows = Callable[[Scope], bool]
Says = Callable[[Scope, int, ErrorBody], Response]


class OriginalFaults:
    """Answers of 400 and more to a door's requests are said as its original would."""

    def __init__(self, app: ASGIApp, doors: Sequence[tuple[Knows, Says]]) -> None:
        self.app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        says = self._says(scope) if scope["type"] == "http" else None
        if says is None:
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def translate(message: Message) -> None:
            begins = message["type"] == "http.response.start"
            if not held and not (begins and message["status"] >= 400):
                await send(message)
                return
            held.append(message)
            if not begins and not message.get("more_body", False):
                await _said(scope, says, held)(scope, receive, send)

        await self.app(scope, receive, translate)

    def _says(self, scope: Scope) -> Says | None:
        return next((says for knows, says in self._doors if knows(scope)), None)


def _said(scope: Scope, says: Says, held: Sequence[Message]) -> Response:
    start, *rest = held
    body = b"".join(message.get("body", b"") for message in rest)
    found = says(scope, start["status"], ErrorBody(**json.loads(body)["error"]))
    for name, value in start["headers"]:
        if name in _KEPT:
            found.headers[name.decode()] = value.decode("latin-1")
    return found
