"""The engine's list of its models: one question for all who wait for it."""

import asyncio

from service.engine.completion import ModelList
from service.engine.exchange import SILENCE_S, Exchange
from service.observe.timing import Waiting


class Listing:
    """Who asks holds no place, and each one's own question would be a connection to an engine that
    may be silent. So who comes while a young one is open has its answer; an older one, which may
    have been lost on its way, makes nobody else wait."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._asked: asyncio.Task[ModelList] | None = None
        self._young_until = 0.0  # on the event loop's clock

    async def __call__(self) -> ModelList:
        """Raises EngineFailure. Who leaves takes the answer from nobody."""
        now = asyncio.get_running_loop().time()
        if self._asked is None or now > self._young_until:
            self._asked, self._young_until = asyncio.create_task(self._ask()), now + SILENCE_S
            self._asked.add_done_callback(self._answered)
        with Waiting():
            return await asyncio.shield(self._asked)

    async def _ask(self) -> ModelList:
        exchange = self._exchange
        answer = exchange.ask(ModelList, "GET", "/v1/models", None, exchange.deadline())
        return await exchange.unless_silent(answer)

    def _answered(self, asked: "asyncio.Task[ModelList]") -> None:
        if self._asked is asked:
            self._asked = None
        if not asked.cancelled():
            asked.exception()  # else it would be logged where nobody waits for it any more
