"""The concurrency limit: so many requests at a time, the next is refused at once."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from prometheus_client import Gauge

from service.errors import Overloaded
from service.guard.counters import Counter
from service.guard.share import PLACES

_LOOK_S = 0.05


class ConcurrencyLimit:
    """``taken`` with a limit. Nothing waits: a queue would only eat into every deadline.

    ``check`` raises Overloaded when there is no place further on, in the engine.
    """

    def __init__(self, limit: int, taken: Counter, gauge: Gauge, check: Callable[[], None]) -> None:
        self._limit = limit
        self._taken = taken
        self._gauge = gauge
        self._check = check
        self._turns: defaultdict[Counter | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    def __enter__(self) -> None:
        """Hold a place; raises Overloaded when there is none."""
        limit = PLACES.of(self._limit)
        if not self._taken.take(1, limit):
            raise self._refusal(limit)
        try:
            self._check()
        except Overloaded:
            self._taken.add(-1)
            raise
        self._gauge.inc()
        PLACES.add(1)

    async def wait(self) -> None:
        """Hold a place, as soon as there is one; who came first is first, and the only one to look,
        of those for whom the same places are kept back."""
        async with self._turns[PLACES.holder()]:
            while True:
                try:
                    return self.__enter__()
                except Overloaded:
                    await asyncio.sleep(_LOOK_S)  # a place further on, in the engine, sends no word

    def __exit__(self, *_: object) -> None:
        PLACES.add(-1)
        self._taken.add(-1)
        self._gauge.dec()

    def _refusal(self, limit: int) -> Overloaded:
        if limit == self._limit:
            return Overloaded(f"all {limit} places are taken; try again shortly")
        return Overloaded(
            f"{limit} of {self._limit} places are taken, and the others kept for api keys that "
            "hold fewer than this one; try again shortly",
            code="key_share",
        )


class SharedPlace:
    """One place for several pieces of work, held while there is any of them."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self._limit = limit
        self._users = 0
        self._entering = asyncio.Lock()

    async def __aenter__(self) -> None:
        """Waits for a place where the others hold none."""
        async with self._entering:
            if not self._users:
                await self._limit.wait()
            self._users += 1

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        if not self._users:
            self._limit.__exit__()
