"""The gateway's metrics; those of its models are in ``models.metrics``.

Labels come from closed sets, never from what a request says.
"""

import platform
from contextlib import AbstractContextManager
from importlib.metadata import version
from time import perf_counter
from types import TracebackType

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.openmetrics import exposition as openmetrics

from service.observe.buckets import STAGE
from service.observe.engine_metrics import EngineMetrics
from service.observe.facts import Facts
from service.observe.guard_metrics import GuardMetrics
from service.observe.http_metrics import HttpMetrics
from service.observe.timing import current
from service.observe.together import Together
from service.observe.tracing import Tracing

OPENMETRICS = "application/openmetrics-text"

STAGES = ("resolve", "fold", "chunk", "prompt", "complete", "decode", "align", "respond")
ROW_OUTCOMES = ("ok", "error")


class Metrics:
    """The gateway's series, in a registry of their own: two gateways in one process do not mix.

    What times a stage has its span, too. ``together`` has the series of all workers, where this is
    one of several."""

    def __init__(self, tracing: Tracing | None = None, together: Together | None = None) -> None:
        self._tracing = tracing or Tracing()
        self._together = together
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.http = HttpMetrics(self.registry)
        self.engine = EngineMetrics(self.registry)
        self.guards = GuardMetrics(self.registry)
        stage_time = Histogram(
            "nerve_stage_duration_seconds",
            "Time of each stage of an extraction.",
            ["stage"],
            buckets=STAGE,
            registry=self.registry,
        )
        # A series that appears with its first event hides that event from rate().
        self._stages = {stage: stage_time.labels(stage) for stage in STAGES}
        rows = Counter(
            "nerve_batch_rows",
            "Rows of batches answered, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.rows = {outcome: rows.labels(outcome) for outcome in ROW_OUTCOMES}
        self._tell_build()

    def _tell_build(self) -> None:
        labels = {"version": version("nerve"), "python": platform.python_version()}
        build = Facts("nerve_build_info", "1; the gateway's version.", [*labels], self.registry)
        build.tell([labels])

    def stage(self, name: str) -> "_Stage":
        """Time a stage of an extraction, whether it fails or not."""
        return _Stage(name, self._stages[name], self._tracing.stage(name))

    def exposition(self, accepted: str) -> tuple[bytes, str]:
        """All series, and in which format: with exemplars where ``accepted``, the header's value,
        has OpenMetrics, which Prometheus asks for; else in Prometheus' own, which has none."""
        shown = self._together.of(self.registry) if self._together else self.registry
        if OPENMETRICS in accepted:
            body: bytes = openmetrics.generate_latest(shown)  # type: ignore[no-untyped-call]
            return body, openmetrics.CONTENT_TYPE_LATEST
        return generate_latest(shown), CONTENT_TYPE_LATEST


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
