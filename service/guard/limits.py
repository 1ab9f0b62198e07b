"""What the holder of one api key has in use, and the limits on it."""

import math
import time
from collections.abc import Callable

from service.errors import Overloaded
from service.guard.keys import Key


class Limits:
    """Requests at a time, and a token bucket: it holds a minute's requests and is full at first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running = 0
        self._tokens = math.inf
        self._filled = 0.0

    def enter(self, name: str, key: Key) -> None:
        """A request begins, and ``leave`` ends it; raises Overloaded instead when it is too much.

        The limits are those of ``key`` as it is now: they change with the file.
        """
        if key.concurrency is not None and self._running >= key.concurrency:
            raise Overloaded(
                f"the api key {name} has {self._running} requests at a time; "
                f"expected up to {key.concurrency}",
                code="key_concurrency",
            )
        if key.rate is not None:
            self._take(name, key.rate)
        self._running += 1

    def leave(self) -> None:
        """A request has ended."""
        self._running -= 1

    def _take(self, name: str, rate: int) -> None:
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled) * rate / 60, rate)
        self._filled = now
        if self._tokens < 1:
            raise Overloaded(
                f"the api key {name} is over its rate; expected up to {rate} requests a minute",
                code="key_rate",
                retry_after=math.ceil((1 - self._tokens) * 60 / rate),
            )
        self._tokens -= 1
