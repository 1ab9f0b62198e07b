"""Series of what is asked of the gateway."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.observe.buckets import LONG, SHORT


class HttpMetrics:
    """``places`` is the limit of ``in_flight``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        workers = Gauge(
            "nerve_workers",
            "Processes that answer.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        workers.set(1)
        Counter(
            "nerve_worker_starts", "Processes that have begun to answer.", registry=registry
        ).inc()
        self.requests = Counter(
            "nerve_http_requests",
            "HTTP requests answered, by route, method and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.latency = Histogram(
            "nerve_http_request_duration_seconds",
            "Time from a request's first byte to its answer's last, by route.",
            ["route"],
            buckets=(0.0005, 0.001, 0.0025, 0.005, *LONG),
            registry=registry,
        )
        self.overhead = Histogram(
            "nerve_gateway_overhead_seconds",
            "Time from a request's last byte to its answer's first, less the wait for the engine.",
            ["route"],
            buckets=(*SHORT, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
            registry=registry,
        )
        self.places = Gauge(
            "nerve_places",
            "Requests that may run at a time.",
            registry=registry,
            multiprocess_mode="max",
        )
        self.in_flight = Gauge(
            "nerve_requests_in_flight",
            "Requests that hold a place.",
            registry=registry,
            multiprocess_mode="livesum",
        )
