"""HTTP/1.1 as uvicorn speaks it, with bounds on what a caller may do before there is a request.

uvicorn waits for ever for a request's head, and takes any number of connections.
"""

import asyncio
import json
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from deploy.gateway.unread import Reader, Unread
from service.errors import InvalidRequest, RequestTooSlow
from service.guard.counters import Counter, Counters
from service.wire.responses import ErrorResponse

# A head is fed to the parser in such parts, and has to end before so many bytes; so has what
# stands between two pieces of a chunked body, or behind it.
_HEAD_BYTES = 16 * 1024
_MOST_HEAD_BYTES = 2 * _HEAD_BYTES
# So much may be sent ahead of an answer: whoever sends more cannot be seen to leave.
_MOST_AHEAD_BYTES = 64 * 1024
# After a refusal, seconds in which what is still sent is read and thrown away: a connection that
# is closed with unread bytes takes the answer with it.
_LINGER_S = 1.0


@dataclass(slots=True)
class Door:
    """What the connections of one server share: ``most`` of them at a time, those ``open`` in
    other workers too, ``head_s`` seconds for a request's head, those without a request, the longest
    waiting first, and those with an ``unread`` answer."""

    most: int
    head_s: float
    unread: Unread
    open: Counter = field(default_factory=lambda: Counters().counter("connections"))
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
        # Requests without a whole answer, the oldest first. uvicorn knows the newest alone, and
        # would tell no other that its caller has left.
        self._open: deque[RequestResponseCycle] = deque()
        self._ahead = b""  # came behind a request that waits for another's answer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Room is made by closing the connection that has waited longest, else this one."""
        super().connection_made(transport)
        self._reader = Reader(self._door.unread, transport)
        self._door.open.add(1)
        if self._door.open.total > self._door.most:
            oldest = next(iter(self._door.waiting), self)
            self._door.waiting.pop(oldest, None)
            oldest.transport.abort()
            if oldest is self:
                return
        self._wait_for_a_head()

    def data_received(self, data: bytes) -> None:
        """A head that has begun has to end in time, whenever the connection was made."""
        data, self._ahead = self._ahead + data, b""
        for start in range(0, len(data), _HEAD_BYTES):
            if self._is_refused:
                return
            if len(self._open) > 1:
                self._keep_for_later(data[start:])
                return
            part = data[start : start + _HEAD_BYTES]
            self._head_bytes += len(part)
            super().data_received(part)
            if self._head_bytes >= _MOST_HEAD_BYTES and not self._is_refused:
                what = "what stands beside the body" if self._has_head else "the head"
                self._refuse(431, InvalidRequest(f"{what} has over {_MOST_HEAD_BYTES} bytes"))
        self._wait_for_a_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser calls it, for trailers too: these come when all has been decided."""
        if not self._has_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """The parser calls it for each piece."""
        self._head_bytes = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The parser calls it; the application begins."""
        self._has_head, self._head_bytes = True, 0
        super().on_headers_complete()
        self._open.append(self.cycle)
        if len(self._open) > 1:
            self.flow.resume_reading()  # else nobody would see the caller leave

    def on_message_complete(self) -> None:
        """The parser calls it; the next head may begin."""
        self._has_head, self._head_bytes = False, 0
        super().on_message_complete()
        if not self._open:  # it was answered before
            self._stop_waiting()

    def pause_writing(self) -> None:
        """The transport calls it: the caller does not take its answer as fast as it is there."""
        super().pause_writing()
        self._reader.falls_behind()

    def resume_writing(self) -> None:
        """The transport calls it."""
        self._reader.keeps_up()
        super().resume_writing()

    def on_response_complete(self) -> None:
        """uvicorn's own, shorter limit for kept connections holds until the next byte."""
        if self._open:
            self._open.popleft()
        super().on_response_complete()
        if self._ahead:
            self.loop.call_soon(self._go_on)
        if self._has_head:
            self._wait_for_a_head()  # whose body goes on, and leads to nothing
        elif self._is_idle():
            self._door.waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what belongs to it."""
        self._stop_waiting()
        self._reader.keeps_up()
        self._door.open.add(-1)
        self._ahead = b""
        for cycle in self._open:
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls it for what is not HTTP, while it handles the parser's error."""
        fault = sys.exc_info()[1]
        self._refuse(400, InvalidRequest(f"this is no request: {str(fault or msg)[:200]}"))

    def _is_idle(self) -> bool:
        """Is no request under way, but perhaps a part of its head, or the rest of the body of one
        that has been answered?"""
        return not self._open

    def _go_on(self) -> None:
        if not self.transport.is_closing():
            self.data_received(b"")

    def _keep_for_later(self, data: bytes) -> None:
        self._ahead = data
        if len(self._ahead) > _MOST_AHEAD_BYTES:
            self.transport.abort()

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
        if self._has_head:  # it has its answer
            self.transport.close()
            return
        seconds = f"{self._door.head_s:g} s"
        self._refuse(408, RequestTooSlow(f"the request's head did not come in within {seconds}"))

    def _refuse(self, status: int, error: InvalidRequest | RequestTooSlow) -> None:
        self._stop_waiting()
        self._is_refused = True
        if self._open and not self._open[0].more_body:
            self._open[0].keep_alive = False  # it was whole; what came behind it has no answer
            return
        if self._open:
            if self._open[0].response_started:
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
        self._open[0].disconnected = True
        self._open[0].message_event.set()


def _head(status: int, size: int) -> bytes:
    fields = f"content-type: application/json\r\ncontent-length: {size}\r\nconnection: close"
    return STATUS_LINE[status] + fields.encode() + b"\r\n\r\n"
