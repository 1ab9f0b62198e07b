"""HTTP/1.1 as uvicorn speaks it, with bounds on what a caller may do before there is a request.

uvicorn waits for ever for a request's head, and takes any number of connections.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.errors import InvalidRequest, RequestTooSlow
from service.wire.responses import ErrorResponse

# A head is fed to the parser in such parts, and has to end before so many bytes.
_HEAD_BYTES = 16 * 1024
_MOST_HEAD_BYTES = 2 * _HEAD_BYTES
# After a refusal, seconds in which what is still sent is read and thrown away: a connection that
# is closed with unread bytes takes the answer with it.
_LINGER_S = 1.0


@dataclass(slots=True)
class Door:
    """What the connections of one server share: ``most`` of them at a time, ``head_s`` seconds
    for a request's head, and those without a request, the longest waiting first."""

    most: int
    head_s: float
    waiting: dict["BoundedProtocol", None] = field(default_factory=dict)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Refusals that come before the application are in its envelope, too."""

    def __init__(self, door: Door, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._door = door
        self._timer: asyncio.TimerHandle | None = None
        self._is_refused = False
        self._head_bytes = 0  # of a head that has not ended
        self._has_head = False  # a request's head is in, and its end is not

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Room is made by closing the connection that has waited longest, else this one."""
        super().connection_made(transport)
        if len(self.connections) > self._door.most:
            oldest = next(iter(self._door.waiting), self)
            self._door.waiting.pop(oldest, None)
            oldest.transport.abort()
            if oldest is self:
                return
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        """A head that has begun has to end in time, whenever the connection was made."""
        for start in range(0, len(data), _HEAD_BYTES):
            if self._is_refused:
                return
            part = data[start : start + _HEAD_BYTES]
            self._head_bytes += len(part)
            super().data_received(part)
            if not self._has_head and self._head_bytes >= _MOST_HEAD_BYTES:
                self._refuse(431, InvalidRequest(f"the head has over {_MOST_HEAD_BYTES} bytes"))
        self._wait_for_a_head()

    def on_headers_complete(self) -> None:
        """The parser calls it; the application begins."""
        self._has_head, self._head_bytes = True, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The parser calls it; the next head may begin."""
        self._has_head, self._head_bytes = False, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """uvicorn's own, shorter limit for kept connections holds until the next byte."""
        super().on_response_complete()
        if self._is_idle():
            self._door.waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what belongs to it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls it for what is not HTTP, while it handles the parser's error."""
        fault = sys.exc_info()[1]
        self._refuse(400, InvalidRequest(f"this is no request: {str(fault or msg)[:200]}"))

    def _is_idle(self) -> bool:
        """Is no request under way, but perhaps a part of its head?"""
        return not self._has_head and (self.cycle is None or self.cycle.response_complete)

    def _wait_for_a_head(self) -> None:
        if not self._is_idle() or self.transport.is_closing():
            self._stop_waiting()
        elif self._timer is None:
            self._door.waiting[self] = None
            self._timer = self.loop.call_later(self._door.head_s, self._give_up)

    def _stop_waiting(self) -> None:
        self._door.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        seconds = f"{self._door.head_s:g} s"
        self._refuse(408, RequestTooSlow(f"the request's head did not come in within {seconds}"))

    def _refuse(self, status: int, error: InvalidRequest | RequestTooSlow) -> None:
        self._stop_waiting()
        self._is_refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.transport.close()  # cut short, the answer says that it failed
                return
            self._end_of_the_request()
        body = json.dumps(ErrorResponse.of(error).model_dump()).encode()
        self.transport.write(_head(status, len(body)) + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)

    def _end_of_the_request(self) -> None:
        """The application is told that its caller has gone: the answer is given here."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()


def _head(status: int, size: int) -> bytes:
    fields = f"content-type: application/json\r\ncontent-length: {size}\r\nconnection: close"
    return STATUS_LINE[status] + fields.encode() + b"\r\n\r\n"
