"""The concurrency limit: so many requests at a time, the next is refused at once."""

from collections.abc import Callable

from prometheus_client import Gauge

from service.errors import Overloaded


class ConcurrencyLimit:
    """A counter with a limit. Nothing waits: a queue would only eat into every deadline.

    ``check`` raises Overloaded when there is no place further on, in the engine.
    """

    def __init__(self, limit: int, gauge: Gauge, check: Callable[[], None]) -> None:
        self._limit = limit
        self._gauge = gauge
        self._check = check
        self._taken = 0

    def __enter__(self) -> None:
        """Hold a place; raises Overloaded when there is none."""
        if self._taken >= self._limit:
            raise Overloaded(f"all {self._limit} places are taken; try again shortly")
        self._check()
        self._taken += 1
        self._gauge.inc()

    def __exit__(self, *_: object) -> None:
        self._taken -= 1
        self._gauge.dec()
