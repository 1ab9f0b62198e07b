"""Series of what keeps the gateway from asking too much of the engine."""

import math

from prometheus_client import CollectorRegistry, Gauge


class GuardMetrics:
    """``queue`` is not a number while the engine does not tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.queue = Gauge(
            "nerve_engine_queue_length",
            "Requests that wait in the engine, as its metrics said at the last look.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self.queue.set(math.nan)
        self.breaker_open = Gauge(
            "nerve_engine_breaker_open",
            "1 while requests get 503 at once, since the engine could not be reached; else 0.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self.held_bytes = Gauge(
            "nerve_held_bytes",
            "Bytes of callers' bodies that are held, whole ones and growing ones.",
            registry=registry,
            multiprocess_mode="livesum",
        )
