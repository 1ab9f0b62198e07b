"""How requests to the engine end, counted."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

from service import deadline
from service.errors import (
    EngineError,
    EngineFailure,
    EngineTimeout,
    EngineUnavailable,
    Overloaded,
    RequestTooLarge,
)

_OF_ERRORS = {
    EngineError: "error",
    EngineUnavailable: "unavailable",
    EngineTimeout: "timeout",
    Overloaded: "overloaded",
    RequestTooLarge: "too_large",
}


@dataclass(slots=True)
class Outcome:
    """What a request that ends without an error is counted as."""

    name: str = "ok"


@contextmanager
def counted(counter: Counter, in_flight: Gauge) -> Iterator[Outcome]:
    """Count one request: by its error, as cancelled when it was left early, else as it says."""
    outcome, counted_as = Outcome(), "cancelled"
    in_flight.inc()
    try:
        yield outcome
        counted_as = outcome.name
    except asyncio.CancelledError:
        if deadline.has_passed():  # which is what cancelled it
            counted_as = "timeout"
        raise
    except (EngineFailure, Overloaded, RequestTooLarge) as exc:
        counted_as = _OF_ERRORS[type(exc)]
        raise
    finally:
        in_flight.dec()
        counter.labels(counted_as).inc()
