"""How many bytes of callers' bodies the gateway holds at a time, whole ones and growing ones."""

import asyncio

from prometheus_client import Gauge

from service.errors import Overloaded
from service.guard.counters import Counter

_LOOK_S = 0.05


class HeldBytes:
    """A budget that all requests share: a place says nothing of how much memory is in use."""

    def __init__(self, limit: int, held: Counter, gauge: Gauge) -> None:
        self._limit = limit
        self._held = held
        self._gauge = gauge
        self._turn = asyncio.Lock()

    def take(self, size: int) -> None:
        """So many more; raises Overloaded instead when that is too many."""
        if size and not self._held.take(size, self._limit):
            raise Overloaded(
                f"the gateway holds {self._held.total} bytes of requests; "
                f"expected up to {self._limit} with this one; try again shortly",
                code="held_bytes",
            )
        self._gauge.set(self._held.own)

    async def wait(self, size: int) -> None:
        """``take``, as soon as there is room; who came first is first, and the only one to look:
        thousands who looked would leave the event loop no time."""
        async with self._turn:
            while True:
                try:
                    return self.take(size)
                except Overloaded:
                    await asyncio.sleep(_LOOK_S)  # another worker that gives back sends no word

    def give(self, size: int) -> None:
        """So many less."""
        self._held.add(-size)
        self._gauge.set(self._held.own)
