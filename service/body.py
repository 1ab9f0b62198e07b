"""Pure ASGI middleware: reads the body, within its limits, then minds the client's leaving."""

import asyncio
from collections.abc import Container
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.answers import answer
from service.errors import RequestTooLarge, RequestTooSlow


class WholeBody:
    """The application gets the body in one piece, and is cancelled when the client leaves.

    Without the second half an engine would go on working for nobody: the server tells an
    application of a disconnect only when it asks. The paths ``in_parts`` do both by themselves.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, within_s: float, in_parts: Container[str] = ()
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.within_s = within_s
        self.in_parts = in_parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.in_parts:
            await self.app(scope, receive, send)
            return
        try:
            body = await self._in_time(scope, receive)
        except (RequestTooLarge, RequestTooSlow) as exc:
            # The rest of the body is unread, so the connection cannot carry another request.
            await answer(exc, {"connection": "close"})(scope, receive, send)
            return
        if body is not None:
            await self._run(body, scope, receive, send)

    async def _in_time(self, scope: Scope, receive: Receive) -> bytes | None:
        """As ``_read``; raises RequestTooSlow, too."""
        try:
            async with asyncio.timeout(self.within_s):
                return await self._read(scope, receive)
        except TimeoutError as exc:
            raise RequestTooSlow(
                f"the body did not come in within {self.within_s:g} s; send it faster"
            ) from exc

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, or None when the client left before its end; raises RequestTooLarge."""
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        parts: list[bytes] = []
        size = int(declared) if declared.isdigit() else 0
        self._check(size)
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            self._check(size)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _check(self, size: int) -> None:
        if size > self.max_bytes:
            raise RequestTooLarge(f"the body is larger than the limit of {self.max_bytes} bytes")

    async def _run(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        left: asyncio.Task[Message] = asyncio.ensure_future(_next(receive))

        async def replay() -> Message:
            return unread.pop() if unread else await asyncio.shield(left)

        work = asyncio.ensure_future(self.app(scope, replay, send))
        try:
            await asyncio.wait({work, left}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, left):
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task


async def _next(receive: Receive) -> Message:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
