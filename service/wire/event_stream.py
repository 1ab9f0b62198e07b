"""Server-sent events as an answer."""

from starlette.types import Send

MEDIA_TYPE = "text/event-stream"


class EventStream:
    """Its status and headers are sent with the first event: until then there can be an error."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def write(self, data: bytes) -> None:
        """Events, or parts of them; waits for a client that does not read."""
        if not self.begun:
            self.begun = True
            start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
            await self._send(start)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """There are no more."""
        if not self.begun:
            await self.write(b"")
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


_HEADERS = [
    (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would gather events
]
