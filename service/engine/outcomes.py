"""How requests to the engine end, counted."""

import asyncio
from time import monotonic

from service.engine.exchange import Exchange
from service.errors import (
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    Overloaded,
    RequestTooLarge,
)
from service.guard import deadline
from service.observe.engine_metrics import EngineMetrics

_OF_ERRORS: dict[type[BaseException], str] = {
    EngineError: "error",
    EngineUnavailable: "unavailable",
    EngineTimeout: "timeout",
    Overloaded: "overloaded",
    RequestTooLarge: "too_large",
}
# The caller's connection is gone; a TimeoutError, an OSError too, is a caller who does not read.
_LEFT = (asyncio.CancelledError, OSError)
# So much of the time that a request may have tells that the engine may hang. The chunks of a text
# share one deadline: the last ones may have a second, which tells nothing.
_TELLING = 0.5


class Counted:
    """Counts one request: by its error, as cancelled when its caller left or did not read, as
    ``error`` too when the gateway itself failed with the answer, else by ``name``."""

    __slots__ = ("_metrics", "_signs", "_since", "_telling_s", "name")

    def __init__(self, metrics: EngineMetrics, exchange: Exchange) -> None:
        self._metrics, self._signs = metrics, exchange.transport.signs
        self._telling_s = _TELLING * exchange.deadline_s
        self.name = "ok"

    def __enter__(self) -> "Counted":
        self._metrics.in_flight.inc()
        self._since = monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        self._metrics.in_flight.dec()
        if isinstance(error, EngineTimeout) and monotonic() - self._since >= self._telling_s:
            self._signs.timed_out()
        self._metrics.outcomes[self.name if error is None else _name_of(error)].inc()


def _name_of(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError) and deadline.has_passed():
        return "timeout"  # which is what cancelled it
    known = _OF_ERRORS.get(type(error))
    if known is not None:
        return known
    return "cancelled" if isinstance(error, _LEFT) else "error"
