"""How many bytes of callers' bodies the gateway holds at a time, whole ones and growing ones."""

import asyncio
from collections import defaultdict

from prometheus_client import Gauge

from service.errors import Overloaded
from service.guard.counters import Counter
from service.guard.share import HELD_BYTES

_LOOK_S = 0.05


class HeldBytes:
    """A budget that all requests share: a place says nothing of how much memory is in use.

    A single body has up to ``largest`` bytes, for which there is room however they are shared.
    """

    def __init__(self, limit: int, largest: int, held: Counter, gauge: Gauge) -> None:
        self._limit = limit
        self._most_kept_back = limit - largest
        self._held = held
        self._gauge = gauge
        self._turns: defaultdict[Counter | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    def take(self, size: int) -> None:
        """So many more; raises Overloaded instead when that is too many."""
        limit = HELD_BYTES.of(self._limit, self._most_kept_back)
        if size and not self._held.take(size, limit):
            raise self._refusal(limit)
        HELD_BYTES.add(size)
        self._gauge.set(self._held.own)

    async def wait(self, size: int) -> None:
        """``take``, as soon as there is room; who came first is first, and the only one to look,
        of those for whom as much is kept back: thousands who looked would leave the event loop no
        time."""
        async with self._turns[HELD_BYTES.holder()]:
            while True:
                try:
                    return self.take(size)
                except Overloaded:
                    await asyncio.sleep(_LOOK_S)  # another worker that gives back sends no word

    def give(self, size: int) -> None:
        """So many less."""
        HELD_BYTES.add(-size)
        self._held.add(-size)
        self._gauge.set(self._held.own)

    def _refusal(self, limit: int) -> Overloaded:
        if limit == self._limit:
            return Overloaded(
                f"the gateway holds {self._held.total} bytes of requests; "
                f"expected up to {limit} with this one; try again shortly",
                code="held_bytes",
            )
        return Overloaded(
            f"the gateway holds {self._held.total} bytes of requests; expected up to {limit} with "
            f"this one, since the last of {self._limit} are kept for api keys that hold fewer than "
            "this one; try again shortly",
            code="key_share",
        )
