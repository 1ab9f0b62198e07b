"""The busiest routes, answered without the framework's dispatch, which costs more than they do.

FastAPI has the same handlers, documents them, and answers what does not come this way.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import answer
from service.errors import NerveError

# None: not a request for it; FastAPI is to answer.
Handler = Callable[[Request], Awaitable[Response | None]]


@dataclass(frozen=True, slots=True)
class _Route:
    """As the metrics know routes."""

    path: str


class Straight:
    """Pure ASGI middleware, the innermost: a POST to one of ``handlers`` goes to it."""

    def __init__(self, app: ASGIApp, handlers: Mapping[str, Handler]) -> None:
        self.app = app
        self._handlers = {path: (_Route(path), handler) for path, handler in handlers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        route, handler = found
        request = Request(scope, receive)
        try:
            scope["route"] = route
            response = await handler(request)
            if response is None:
                await self.app(scope, await _unread(request), send)
            else:
                await response(scope, receive, send)
        except NerveError as exc:
            await answer(exc)(scope, receive, send)


async def _unread(request: Request) -> Receive:
    """What the request receives, its body once more."""
    messages: list[Message] = [{"type": "http.request", "body": await request.body()}]

    async def receive() -> Message:
        return messages.pop() if messages else await request.receive()

    return receive
