"""Answers that callers do not take: what waits for each has an end, and so has all of it together.

uvicorn keeps a whole answer for its caller as long as the connection is open, without a limit.
"""

import asyncio
from dataclasses import dataclass, field

# Of what waits for a caller, the caller takes so much in each ``patience_s``, or loses the
# connection: a whole answer is taken in ten of them.
_SHARE = 10


@dataclass(slots=True)
class Unread:
    """The connections of one process whose callers do not take what is there: ``patience_s``
    seconds for a share of it, and ``most`` bytes for all of them together; over that the one that
    has waited longest is closed."""

    patience_s: float
    most: int
    waiting: "dict[Reader, None]" = field(default_factory=dict)

    def make_room(self, newest: "Reader") -> None:
        """Only what others wait for is given up for ``newest``."""
        left = sum(one.left() for one in self.waiting)
        for one in [*self.waiting]:
            if left <= self.most or one is newest:
                return
            left -= one.left()
            one.transport.abort()


class Reader:
    """The caller at the other end of one connection."""

    def __init__(self, unread: Unread, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._unread = unread
        self._timer: asyncio.TimerHandle | None = None

    def left(self) -> int:
        """Bytes that are to be taken yet."""
        return self.transport.get_write_buffer_size()

    def falls_behind(self) -> None:
        """More is there than the connection takes at once."""
        self._unread.waiting[self] = None
        self._unread.make_room(self)
        left = self.left()
        self._look(left, max(left // _SHARE, 1))

    def keeps_up(self) -> None:
        """It has been taken, or nobody is there any more."""
        self._unread.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, had: int, share: int) -> None:
        def again() -> None:
            left = self.left()
            if left > had - share:
                self.transport.abort()
            else:
                self._look(left, share)

        self._timer = asyncio.get_running_loop().call_later(self._unread.patience_s, again)
