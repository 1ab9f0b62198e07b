"""One question to the engine for all who wait for its answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from service.engine.exchange import SILENCE_S
from service.observe.timing import Waiting

Answer = TypeVar("Answer")


class Shared(Generic[Answer]):
    """Each one's own question would be a connection to an engine that may be silent, and work that
    it has done already. So who comes while a young one is open has its answer; an older one, which
    may have been lost on its way, makes nobody else wait."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[Answer] | None = None
        self._young_until = 0.0  # on the event loop's clock

    async def __call__(self) -> Answer:
        """Raises what ``ask`` raises. Who leaves takes the answer from nobody."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or now > self._young_until:
            self._asked, self._young_until = asyncio.create_task(self._ask()), now + SILENCE_S
            self._asked.add_done_callback(self._answered)
        with Waiting():
            return await asyncio.shield(self._asked)

    def _answered(self, asked: "asyncio.Task[Answer]") -> None:
        if self._asked is asked:
            self._asked = None
        if not asked.cancelled():
            asked.exception()  # else it would be logged where nobody waits for it any more
