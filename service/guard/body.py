"""Pure ASGI middleware: reads the body, within its limits, then minds the client's leaving."""

import asyncio
from collections.abc import Container
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Overloaded, RequestTooLarge, RequestTooSlow
from service.guard.access import right
from service.guard.held_bytes import HeldBytes
from service.wire.answers import answer


class WholeBody:
    """The application gets the body in one piece, and is cancelled when the client leaves.

    Without the second half an engine would go on working for nobody: the server tells an
    application of a disconnect only when it asks. The paths ``in_parts`` do both by themselves;
    what needs no key has no use for a body, and may not hold one.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        within_s: float,
        held: HeldBytes,
        in_parts: Container[str] = (),
    ) -> None:
        self.app = app
        self.held = held
        self.max_bytes = max_bytes
        self.within_s = within_s
        self.in_parts = in_parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_left_alone(scope):
            await self.app(scope, receive, send)
            return
        with _Holding(self.held) as holding:
            try:
                body = await self._in_time(holding, scope, receive)
            except (RequestTooLarge, RequestTooSlow, Overloaded) as exc:
                # The rest is thrown away: closed at once, a connection takes the answer with it.
                late = isinstance(exc, RequestTooSlow)
                await answer(exc, {"connection": "close"} if late else {})(scope, receive, send)
                return
            if body is not None:
                await self._run(body, scope, receive, send)

    def _is_left_alone(self, scope: Scope) -> bool:
        return scope["path"] in self.in_parts or right(scope["method"], scope["path"]) == "open"

    async def _in_time(self, holding: "_Holding", scope: Scope, receive: Receive) -> bytes | None:
        """As ``_read``; raises RequestTooSlow, too."""
        try:
            async with asyncio.timeout(self.within_s):
                return await self._read(holding, scope, receive)
        except TimeoutError as exc:
            raise RequestTooSlow(
                f"the body did not come in within {self.within_s:g} s; send it faster"
            ) from exc

    async def _read(self, holding: "_Holding", scope: Scope, receive: Receive) -> bytes | None:
        """The body, or None when the client left before its end; raises RequestTooLarge, and
        Overloaded where the gateway holds too much as it is."""
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        self._check(int(declared) if declared.isdigit() else 0)
        parts = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            self._check(len(parts) + len(part))
            holding.add(len(part))
            parts += part
            if not message.get("more_body", False):
                return bytes(parts)

    def _check(self, size: int) -> None:
        if size > self.max_bytes:
            raise RequestTooLarge(f"the body is larger than the limit of {self.max_bytes} bytes")

    async def _run(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, in this task; a second one ends it when the client leaves."""
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        with _Leaving(receive) as leaving:

            async def replay() -> Message:
                return unread.pop() if unread else await leaving.message()

            await self.app(scope, replay, send)


class _Holding:
    """What one request has of the budget, until it has been answered."""

    def __init__(self, held: HeldBytes) -> None:
        self._held = held
        self._size = 0

    def __enter__(self) -> "_Holding":
        return self

    def add(self, size: int) -> None:
        """Raises Overloaded."""
        self._held.take(size)
        self._size += size

    def __exit__(self, *_: object) -> None:
        self._held.give(self._size)


class _Leaving:
    """What is inside is cancelled when the client leaves, and goes no further than this."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_cancelled = False

    def __enter__(self) -> "_Leaving":
        task = asyncio.current_task()
        assert task is not None  # an application runs in one
        self._task: asyncio.Task[Any] | None = task
        self._before = task.cancelling()
        self._gone = asyncio.ensure_future(_disconnect(self._receive))
        self._gone.add_done_callback(self._cancel)
        return self

    async def message(self) -> Message:
        """The one that says that the client has left, once it has."""
        return await asyncio.shield(self._gone)

    def _cancel(self, gone: "asyncio.Task[Message]") -> None:
        if self._task is not None and not gone.cancelled():
            self._has_cancelled = self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        task, self._task = self._task, None
        self._gone.cancel()
        if task is None or not self._has_cancelled:
            return False
        # Someone else may have cancelled the task as well, which goes on.
        is_ours = task.uncancel() <= self._before
        return is_ours and kind is asyncio.CancelledError


async def _disconnect(receive: Receive) -> Message:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
