"""Every metric, once. Labels come from closed sets, never from what a request says."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.ner.types import Reason

STAGES = ("resolve", "prompt", "complete", "decode", "align", "respond")
OUTCOMES = (
    "ok",
    "error",
    "unavailable",
    "timeout",
    "overloaded",
    "too_large",
    "cancelled",
)

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The gateway's series, in a registry of their own: two gateways in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "nerve_http_requests",
            "HTTP requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.latency = Histogram(
            "nerve_http_request_duration_seconds",
            "Time from a request's first byte to its answer's last, by route.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "nerve_extract_in_flight", "Extractions that hold a place.", registry=self.registry
        )
        self.stage_time = Histogram(
            "nerve_stage_duration_seconds",
            "Time of each stage of an extraction.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.engine_requests = Counter(
            "nerve_engine_requests",
            "Completions and token counts asked of the engine, by outcome.",
            ("outcome",),
            registry=self.registry,
        )
        self.engine_ready = Gauge(
            "nerve_engine_ready", "1 when the engine can be used, else 0.", registry=self.registry
        )
        self.dropped = Counter(
            "nerve_mentions_dropped",
            "Mentions that the model wrote and that could not be used, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.truncated = Counter(
            "nerve_completions_truncated",
            "Completions that ran out of room.",
            registry=self.registry,
        )
        self._show_zeros()

    def _show_zeros(self) -> None:
        """A series that appears with its first event hides that event from rate()."""
        for outcome in OUTCOMES:
            self.engine_requests.labels(outcome)
        for reason in get_args(Reason):
            self.dropped.labels(reason)
        for stage in STAGES:
            self.stage_time.labels(stage)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage of an extraction, whether it fails or not."""
        with self.stage_time.labels(name).time():
            yield

    def exposition(self) -> bytes:
        """All series in Prometheus' text format."""
        return generate_latest(self.registry)


class MeasureRequests:
    """Pure ASGI middleware: counts and times every HTTP request by its route's pattern."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = "gone"  # the client left before an answer

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            status = "500"  # answered further out, by the server's own error middleware
            raise
        finally:
            # The pattern, not the path: paths are the client's to invent.
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.requests.labels(route, method, status).inc()
            self.metrics.latency.labels(route).observe(time.perf_counter() - started)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
