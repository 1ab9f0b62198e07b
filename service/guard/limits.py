"""What the holder of one api key has in use, and the limits on it."""

import time
from collections.abc import Callable

from service.errors import Overloaded
from service.guard.counters import Counter, Counters
from service.guard.keys import Key

_NS = 1_000_000_000
_MINUTE = 60 * _NS


class Limits:
    """Requests at a time, and a token bucket: it holds a minute's requests and is full at first.
    ``places``: how many of its requests hold one; ``held_bytes``: those of its bodies.

    The bucket is one number, the moment at which it will be full again: a request moves that on by
    the time in which one token comes in, and there is none left when it is a minute ahead. The
    clock, in nanoseconds, is one for all processes of a machine.
    """

    def __init__(
        self, name: str, counters: Counters, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._name = name
        self._counters = counters
        self._running: Counter = counters.counter(f"api key {name}")
        self.places = counters.counter(f"places of {name}")
        self.held_bytes = counters.counter(f"held bytes of {name}")
        self._clock = clock

    def enter(self, key: Key) -> None:
        """A request begins, and ``leave`` ends it; raises Overloaded instead when it is too much.

        The limits are those of ``key`` as it is now: they change with the file.
        """
        if key.concurrency is None:
            self._running.add(1)
        elif not self._running.take(1, key.concurrency):
            raise Overloaded(
                f"the api key {self._name} has {self._running.total} requests at a time; "
                f"expected up to {key.concurrency}",
                code="key_concurrency",
            )
        if key.rate is not None and (wait_ns := self._take(key.rate)) > 0:
            self.leave()
            raise Overloaded(
                f"the api key {self._name} is over its rate; "
                f"expected up to {key.rate} requests a minute",
                code="key_rate",
                retry_after=-(-wait_ns // _NS),
            )

    def leave(self) -> None:
        """A request has ended."""
        self._running.add(-1)

    def _take(self, rate: int) -> int:
        """A token; or, when there is none, in how many nanoseconds there will be one."""
        with self._counters.lock:
            now = self._clock()
            full_at = max(self._running.mark, now) + _MINUTE // rate
            wait_ns = full_at - now - _MINUTE
            if wait_ns <= 0:
                self._running.mark = full_at
            return wait_ns
