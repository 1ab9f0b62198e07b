"""Server-sent events as an answer."""

import asyncio

from starlette.types import Message, Send

MEDIA_TYPE = "text/event-stream"


class EventStream:
    """Its status and headers are sent with the first event: until then there can be an error.

    ``patience_s``: so many seconds in all it waits for a client that does not read, or reads a
    little now and then; all that time it holds a place.
    """

    def __init__(self, send: Send, patience_s: float) -> None:
        self._passed_on, self._patience_s = send, patience_s
        self.begun = False

    async def write(self, data: bytes) -> None:
        """Events, or parts of them; raises TimeoutError where the patience is over."""
        if not self.begun:
            self.begun = True
            start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
            await self._send(start)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """There are no more; raises as ``write``."""
        if not self.begun:
            await self.write(b"")
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, message: Message) -> None:
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(self._patience_s):
            await self._passed_on(message)
        self._patience_s -= asyncio.get_running_loop().time() - began


_HEADERS = [
    (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would gather events
]
