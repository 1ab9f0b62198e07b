"""Every metric, once. Labels come from closed sets, never from what a request says."""

import platform
from contextlib import AbstractContextManager
from importlib.metadata import version
from time import perf_counter
from types import TracebackType

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.openmetrics import exposition as openmetrics

from service.adapter_metrics import AdapterMetrics
from service.guard_metrics import GuardMetrics
from service.outcomes import Counted
from service.timing import current
from service.tracing import Tracing

OPENMETRICS = "application/openmetrics-text"

STAGES = ("resolve", "chunk", "prompt", "complete", "decode", "align", "respond")
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

ROW_OUTCOMES = ("ok", "error")

# In seconds: the gateway's own work takes tens of microseconds, the engine's answer up to a minute.
_SHORT = (0.00005, 0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005)
_LONG = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_SECONDS = (0.00001, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, *_LONG)


class Metrics:
    """The gateway's series, in a registry of their own: two gateways in one process do not mix.

    What times a stage has its span, too."""

    def __init__(self, tracing: Tracing | None = None) -> None:
        self._tracing = tracing or Tracing()
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter(
            "nerve_http_requests",
            "HTTP requests answered, by route, method and status.",
            "route",
            "method",
            "status",
        )
        self.latency = self._histogram(
            "nerve_http_request_duration_seconds",
            "Time from a request's first byte to its answer's last, by route.",
            "route",
            buckets=(0.0005, 0.001, 0.0025, 0.005, *_LONG),
        )
        self.overhead = self._histogram(
            "nerve_gateway_overhead_seconds",
            "Time from a request's last byte to its answer's first, less the wait for the engine.",
            "route",
            buckets=(*_SHORT, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
        )
        self.places = self._gauge("nerve_places", "Requests that may run at a time.")
        self.in_flight = self._gauge("nerve_requests_in_flight", "Requests that hold a place.")
        self.batch_rows = self._counter(
            "nerve_batch_rows", "Rows of batches answered, by outcome.", "outcome"
        )
        self.stage_time = self._histogram(
            "nerve_stage_duration_seconds",
            "Time of each stage of an extraction.",
            "stage",
            buckets=_STAGE_SECONDS,
        )
        self.engine_requests = self._counter(
            "nerve_engine_requests",
            "Completions and token counts asked of the engine, by outcome.",
            "outcome",
        )
        self.engine_in_flight = self._gauge(
            "nerve_engine_requests_in_flight",
            "Completions and token counts that the engine is working on.",
        )
        self.first_token = self._histogram(
            "nerve_time_to_first_token_seconds",
            "Time from a streamed OpenAI request to the first line of its answer.",
            buckets=(*_SHORT, *_LONG),
        )
        self.engine_ready = self._gauge(
            "nerve_engine_ready", "1 when the engine can be used, else 0."
        )
        self.registry_problems = self._gauge(
            "nerve_registry_problems",
            "Files of the adapters folder that cannot be used; what was served before them stays.",
        )
        self.adapters = AdapterMetrics(self.registry)
        self.guards = GuardMetrics(self.registry)
        build = self._gauge("nerve_build_info", "1; the gateway's version.", "version", "python")
        build.labels(version("nerve"), platform.python_version()).set(1)
        # A series that appears with its first event hides that event from rate().
        for outcome in ROW_OUTCOMES:
            self.batch_rows.labels(outcome)
        self._stages = {stage: self.stage_time.labels(stage) for stage in STAGES}
        self._outcomes = {outcome: self.engine_requests.labels(outcome) for outcome in OUTCOMES}

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

    def question(self) -> Counted:
        """Count a question to the engine, and how it ends."""
        return Counted(self._outcomes, self.engine_in_flight)

    def stage(self, name: str) -> "_Stage":
        """Time a stage of an extraction, whether it fails or not."""
        return _Stage(name, self._stages[name], self._tracing.stage(name))

    def exposition(self, accepted: str) -> tuple[bytes, str]:
        """All series, and in which format: with exemplars where ``accepted``, the header's value,
        has OpenMetrics, which Prometheus asks for; else in Prometheus' own, which has none."""
        if OPENMETRICS in accepted:
            body: bytes = openmetrics.generate_latest(self.registry)  # type: ignore[no-untyped-call]
            return body, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Stage:
    """A class, since a generator would cost twice as much, six times a request."""

    __slots__ = ("_name", "_span", "_started", "_time")

    def __init__(self, name: str, time: Histogram, span: AbstractContextManager[object]) -> None:
        self._name, self._time, self._span = name, time, span

    def __enter__(self) -> None:
        self._span.__enter__()
        self._started = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        seconds = perf_counter() - self._started
        timing = current()
        self._time.observe(seconds, timing.exemplar if timing else None)
        if timing is not None:
            timing.add(self._name, seconds)
        self._span.__exit__(kind, error, at)
