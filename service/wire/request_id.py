"""Pure ASGI middleware: each request has an id, which its answer, its error and the engine bear."""

import re
import secrets
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.wire.headers import header

HEADER = "x-request-id"
_NAME = HEADER.encode()

# Not reset at the end: the server logs a fault of the gateway when all middleware is left. Each
# request has a task, and so a context, of its own.
_CURRENT: ContextVar[str | None] = ContextVar("request_id", default=None)

# It goes into headers and logs, the engine's too.
_USABLE = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")


class RequestId:
    """The caller's id is kept if it is 1 to 128 printable ASCII characters; else one is made."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = (header(scope, _NAME) or "").strip()
        chosen = asked if _USABLE.fullmatch(asked) else f"req-{secrets.token_hex(16)}"
        scope.setdefault("state", {})["request_id"] = chosen
        _CURRENT.set(chosen)

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if pair[0] != _NAME]
                message = {**message, "headers": [*others, (_NAME, chosen.encode())]}
            await send(message)

        await self.app(scope, receive, mark)


def of(scope: Scope) -> str:
    """The id that the middleware chose."""
    return str(scope["state"]["request_id"])


def current() -> str | None:
    """The id of the request that is being answered; None outside of one."""
    return _CURRENT.get()
