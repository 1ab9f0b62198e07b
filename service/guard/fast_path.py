"""The busiest routes, answered without the framework's dispatch, which costs more than they do.

FastAPI has the same handlers, documents them, and answers what does not come this way.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import NerveError
from service.wire.answers import answer

# With the whole body. None: not a request for it; FastAPI is to answer.
Handler = Callable[[Scope, bytes], Awaitable[Response | None]]


@dataclass(frozen=True, slots=True)
class _Route:
    """As the metrics know routes."""

    path: str


class FastPath:
    """Pure ASGI middleware, the innermost, behind ``WholeBody``: a POST to one of ``handlers`` goes
    to it."""

    def __init__(self, app: ASGIApp, handlers: Mapping[str, Handler]) -> None:
        self.app = app
        self._handlers = {path: (_Route(path), handler) for path, handler in handlers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        route, handler = found
        try:
            scope["route"] = route
            whole = await receive()  # as ``WholeBody`` has it
            response = await handler(scope, whole["body"])
            if response is None:
                await self.app(scope, _once_more(whole, receive), send)
            else:
                await response(scope, receive, send)
        except NerveError as exc:
            await answer(exc)(scope, receive, send)


def _once_more(first: Message, receive: Receive) -> Receive:
    unread = [first]

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return again
