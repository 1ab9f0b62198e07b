"""A collector of traces: a real ASGI application that takes OTLP over HTTP."""

import threading
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True)
class Collected:
    """One span, as it came."""

    name: str
    trace: str
    id: str
    parent: str  # "" for a root
    kind: int  # 2: server, 3: client
    failed: bool
    attributes: dict[str, Any]
    events: int
    resource: dict[str, Any]


class Collector:
    """Remembers every span, and every body that came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[Collected] = []
        self.raw = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        assert scope["path"] == "/v1/traces"
        with self._lock:
            self.raw += body
            self._spans += _spans(ExportTraceServiceRequest.FromString(body))
        kind = [(b"content-type", b"application/x-protobuf")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b""})

    def of(self, trace: str) -> list[Collected]:
        """The spans of one trace that have come until now."""
        with self._lock:
            return [span for span in self._spans if span.trace == trace]

    def roots(self) -> list[Collected]:
        """The spans that are in no other's trace."""
        with self._lock:
            return [span for span in self._spans if not span.parent]


def _spans(request: ExportTraceServiceRequest) -> list[Collected]:
    return [
        Collected(
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.kind,
            span.status.code == 2,
            {pair.key: _value(pair.value) for pair in span.attributes},
            len(span.events),
            {pair.key: _value(pair.value) for pair in resource.resource.attributes},
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind or "string_value")
