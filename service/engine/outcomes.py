"""How requests to the engine end, counted."""

import asyncio
from collections.abc import Mapping

from prometheus_client import Counter, Gauge

from service.errors import (
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    Overloaded,
    RequestTooLarge,
)
from service.guard import deadline

_OF_ERRORS: dict[type[BaseException], str] = {
    EngineError: "error",
    EngineUnavailable: "unavailable",
    EngineTimeout: "timeout",
    Overloaded: "overloaded",
    RequestTooLarge: "too_large",
}


class Counted:
    """Counts one request: by its error, as cancelled when it was left early, else by ``name``."""

    __slots__ = ("_counters", "_in_flight", "name")

    def __init__(self, counters: Mapping[str, Counter], in_flight: Gauge) -> None:
        self._counters, self._in_flight = counters, in_flight
        self.name = "ok"

    def __enter__(self) -> "Counted":
        self._in_flight.inc()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        self._in_flight.dec()
        self._counters[self.name if error is None else _name_of(error)].inc()


def _name_of(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError) and deadline.has_passed():
        return "timeout"  # which is what cancelled it
    return _OF_ERRORS.get(type(error), "cancelled")
