"""How many requests at a time: fewer when a gateway is full, then slowly more again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Gate:
    """Halved by a 429, at most once a pause; each answer adds a part of a place, up to ``most``."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._limit = float(most)
        self._inside = 0
        self._paused_until = 0.0
        self._changed = asyncio.Event()

    @property
    def limit(self) -> int:
        """Requests at a time, as of now."""
        return int(self._limit)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and for the end of a pause."""
        while True:
            pause = self._paused_until - self._clock()
            if pause > 0:
                await asyncio.sleep(pause)
            elif self._inside >= self.limit:
                self._changed.clear()
                await self._changed.wait()
            else:
                break
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._changed.set()

    def full(self, retry_after_s: float) -> None:
        """A gateway had no place; nobody asks for so many seconds."""
        now = self._clock()
        if now >= self._paused_until:
            self._limit = max(1.0, self._limit / 2)
        self._paused_until = max(self._paused_until, now + retry_after_s)

    def answered(self) -> None:
        """A gateway had a place."""
        self._limit = min(float(self._most), self._limit + 1 / self._limit)
        self._changed.set()
