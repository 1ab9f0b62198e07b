"""A circuit breaker: while the engine cannot be reached, nobody waits to find that out again.

There is no timer and no trial request of a caller: the gateway's own looks at the engine
(``readiness.py``), which cost it nothing, always go through, and the first that it answers closes
the breaker.
"""

import logging

from prometheus_client import Gauge

from service.errors import EngineUnavailable

logger = logging.getLogger("nerve")


class Breaker:
    """Open after ``limit`` failures in a row (0: never), closed by the first success."""

    def __init__(self, limit: int, retry_after: int, gauge: Gauge) -> None:
        self._limit, self._retry_after, self._gauge = limit, retry_after, gauge
        self._failures = 0

    @property
    def is_open(self) -> bool:
        """Is the engine taken for lost?"""
        return 0 < self._limit <= self._failures

    def check(self) -> None:
        """Raises EngineUnavailable while it is open."""
        if self.is_open:
            raise EngineUnavailable(
                f"the engine could not be reached {self._failures} times in a row; "
                "it is asked again when it is back",
                code="breaker_open",
                retry_after=self._retry_after,
            )

    def failed(self) -> None:
        """The engine could not be reached, or closed the connection without a word."""
        self._failures += 1
        if self._failures == self._limit:
            logger.warning("the engine cannot be reached: requests are refused at once")
            self._gauge.set(1)

    def succeeded(self) -> None:
        """The engine has answered, whatever it said."""
        if self.is_open:
            logger.info("the engine answers again")
        self._failures = 0
        self._gauge.set(0)
