"""Signals as something to wait for, beside other things."""

import signal
import socket
from types import FrameType
from typing import Any


class Signals:
    """Heard from ``__enter__`` to ``__exit__``, in the order in which they came."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self._before: dict[signal.Signals, Any] = {}
        self._heard, self._said = socket.socketpair()

    def __enter__(self) -> "Signals":
        for end in (self._heard, self._said):
            end.setblocking(False)
        self._before = {one: signal.signal(one, _nothing) for one in self._numbers}
        signal.set_wakeup_fd(self._said.fileno())
        return self

    def fileno(self) -> int:
        """Readable once there is one."""
        return self._heard.fileno()

    def heard(self) -> list[signal.Signals]:
        """Those that have come since it was asked last."""
        try:
            return [signal.Signals(one) for one in self._heard.recv(64) if one in self._numbers]
        except BlockingIOError:
            return []

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._heard.close()
        self._said.close()


def _nothing(number: int, frame: FrameType | None) -> None:
    """Without a handler there would be nothing to hear."""
