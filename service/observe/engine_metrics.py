"""Series of what is asked of the engine."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.observe.buckets import LONG, SHORT

OUTCOMES = (
    "ok",
    "error",
    "unavailable",
    "timeout",
    "overloaded",
    "too_large",
    "refused",
    "cancelled",
)


class EngineMetrics:
    """Counted as the gateway sees it; the engine has series of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        requests = Counter(
            "nerve_engine_requests",
            "Completions and token counts asked of the engine, by outcome.",
            ["outcome"],
            registry=registry,
        )
        # A series that appears with its first event hides that event from rate().
        self.outcomes = {outcome: requests.labels(outcome) for outcome in OUTCOMES}
        self.in_flight = Gauge(
            "nerve_engine_requests_in_flight",
            "Completions and token counts that the engine is working on.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.first_token = Histogram(
            "nerve_time_to_first_token_seconds",
            "Time from a streamed OpenAI request to the first line of its answer.",
            buckets=(*SHORT, *LONG),
            registry=registry,
        )
        self.ready = Gauge(
            "nerve_engine_ready",
            "1 when the engine can be used, else 0.",
            registry=registry,
            multiprocess_mode="livemin",
        )
