"""How many requests wait in the engine, by its own metrics; too many, and the next is refused."""

import asyncio
import logging
import math
from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from service.engine.client import Engine
from service.errors import NerveError, Overloaded
from service.observe.metrics import Metrics
from service.settings import Settings

logger = logging.getLogger("nerve")

SERIES = "vllm:num_requests_waiting"
# Looking must not take longer: what was seen before goes on counting meanwhile.
_LOOK_S = 2.0


class EngineQueue:
    """An engine that does not tell, or cannot be read, refuses nobody."""

    def __init__(self, settings: Settings, engine: Engine, metrics: Metrics) -> None:
        self._limit, self._interval_s = settings.engine_queue_limit, settings.probe_interval_s
        self._engine, self._gauge = engine, metrics.guards.queue
        self._length = math.nan

    def check(self) -> None:
        """Raises Overloaded when the engine's queue is full."""
        if 0 < self._limit <= self._length:
            raise Overloaded(
                f"{self._length:.0f} requests wait in the engine; expected fewer than "
                f"{self._limit}; try again shortly",
                code="engine_queue",
                retry_after=math.ceil(self._interval_s),
            )

    async def watch(self) -> None:
        """Look at the engine for ever; cancelled at shutdown."""
        while True:
            await self.look()
            await asyncio.sleep(self._interval_s)

    async def look(self) -> None:
        """Bring the length up to date."""
        try:
            deadline = asyncio.get_running_loop().time() + _LOOK_S
            self._length = length(await self._engine.exposition(deadline))
        except NerveError:
            self._length = math.nan  # /ready says what is wrong with the engine
        except Exception:
            logger.exception("the engine's metrics cannot be read")
            self._length = math.nan
        self._gauge.set(self._length)


def length(exposition: str) -> float:
    """The queues of all the engine's replicas together; not a number where there are none.

    Raises ValueError for what is not Prometheus' text format.
    """
    # An engine has a thousand lines, and the parser takes its time for each.
    ours = "\n".join(line for line in exposition.splitlines() if line.startswith(SERIES))
    found = list(_values(ours))
    return sum(found) if found else math.nan


def _values(exposition: str) -> Iterator[float]:
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == SERIES:
                yield sample.value
