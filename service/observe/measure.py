"""Pure ASGI middleware: counts, times and logs every request; tells its caller where time went."""

import time
from functools import cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.observe import access_log, request_record
from service.observe.metrics import Metrics
from service.observe.timing import Timed, Timing
from service.observe.tracing import exemplar

OVERHEAD_HEADER = b"x-nerve-overhead-ms"
STAGES_HEADER = b"server-timing"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeasureRequests:
    """By the route's pattern; the gateway's overhead is known when the answer begins."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        # What a label's value finds is kept: the library would look for it behind a lock.
        self._requests = cache(metrics.http.requests.labels)
        self._latency = cache(metrics.http.latency.labels)
        self._overhead = cache(metrics.http.overhead.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = "gone"  # the client left before an answer

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                timing.received = time.perf_counter()
            return message

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                self._tell(timing, message, scope)
            await send(message)

        with Timed() as timing, request_record.Recording() as told:
            timing.exemplar = exemplar()
            try:
                await self.app(scope, hear, watch)
            except Exception:
                status = "500"  # answered further out, by the server's own error middleware
                raise
            finally:
                seconds = time.perf_counter() - started
                route, method = route_of(scope), method_of(scope)
                self._requests(route, method, status).inc()
                self._latency(route).observe(seconds, timing.exemplar)
                access_log.write(route, method, status, seconds, told)

    def _tell(self, timing: Timing, start: Message, scope: Scope) -> None:
        overhead = timing.overhead()
        if overhead is None:
            return
        self._overhead(route_of(scope)).observe(overhead, timing.exemplar)
        headers = [(OVERHEAD_HEADER, b"%.3f" % (overhead * 1000))]
        if timing.stages:
            stages = [f"{name};dur={spent * 1000:.3f}" for name, spent in timing.stages.items()]
            headers.append((STAGES_HEADER, ", ".join(stages).encode()))
        start["headers"] = [*start["headers"], *headers]


def route_of(scope: Scope) -> str:
    """The pattern, not the path: paths are the client's to invent."""
    return getattr(scope.get("route"), "path", "unmatched")


def method_of(scope: Scope) -> str:
    """One of those that there are; a client may invent others."""
    return scope["method"] if scope["method"] in _METHODS else "other"
