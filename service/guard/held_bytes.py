"""How many bytes of callers' bodies the gateway holds at a time, whole ones and growing ones."""

import asyncio

from prometheus_client import Gauge

from service.errors import Overloaded


class HeldBytes:
    """A budget that all requests share: a place says nothing of how much memory is in use."""

    def __init__(self, limit: int, gauge: Gauge) -> None:
        self._limit = limit
        self._gauge = gauge
        self._held = 0
        self._freed = asyncio.Event()

    def take(self, size: int) -> None:
        """So many more; raises Overloaded instead when that is too many."""
        if size and self._held + size > self._limit:
            raise Overloaded(
                f"the gateway holds {self._held} bytes of requests; expected up to {self._limit} "
                "with this one; try again shortly",
                code="held_bytes",
            )
        self._set(self._held + size)

    async def wait(self, size: int) -> None:
        """``take``, as soon as there is room."""
        while size and self._held + size > self._limit:
            self._freed.clear()
            await self._freed.wait()
        self._set(self._held + size)

    def give(self, size: int) -> None:
        """So many less."""
        self._set(self._held - size)
        self._freed.set()

    def _set(self, held: int) -> None:
        self._held = held
        self._gauge.set(held)
