"""HTTP/1.1 as uvicorn speaks it, with bounds on what a caller may do before there is a request.

uvicorn waits for ever for a request's head, and takes any number of connections.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.errors import InvalidRequest, RequestTooSlow
from service.protocol import ErrorResponse

# A head has to end before twice as many bytes.
_HEAD_BYTES = 16 * 1024
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


class BoundedProtocol(H11Protocol):
    """One connection. Refusals that come before the application are in its envelope, too."""

    def __init__(self, door: Door, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._door = door
        self._timer: asyncio.TimerHandle | None = None
        self._is_refused = False

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
        # In pieces: h11 measures a head only while it is incomplete.
        for start in range(0, len(data), _HEAD_BYTES):
            if self._is_refused:
                return
            super().data_received(data[start : start + _HEAD_BYTES])
        self._wait_for_a_head()

    def on_response_complete(self) -> None:
        """uvicorn's own, shorter limit for kept connections holds until the next byte."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE:
            self._door.waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what belongs to it."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls it for what is not HTTP, while it handles h11's error."""
        fault = sys.exc_info()[1]
        status = fault.error_status_hint if isinstance(fault, h11.RemoteProtocolError) else 400
        self._refuse(status, InvalidRequest(f"this is no request: {str(fault or msg)[:200]}"))

    def _wait_for_a_head(self) -> None:
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
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
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()  # an answer is under way; cut short, it says that it failed
            return
        body = json.dumps(ErrorResponse.of(error).model_dump()).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        reason = HTTPStatus(status).phrase
        head = h11.Response(status_code=status, headers=headers, reason=reason)
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_of_the_request()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.close)

    def _end_of_the_request(self) -> None:
        """The application is told that its caller has gone: the answer was given here."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
