"""Pure ASGI middleware: a span for every request, in its caller's trace.

FastAPI's own has the path and the query, in which a caller may have put a text.
"""

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.observe.access_log import LOOKS
from service.observe.measure import method_of, route_of
from service.observe.tracing import PROPAGATOR, Tracing, fail
from service.wire import request_id
from service.wire.headers import header

_SERVER_ERROR = 500


class TraceRequests:
    """Without a provider the caller's context is only kept, for the engine and the log."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self.app = app
        self._tracer = tracing.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in LOOKS:
            await self.app(scope, receive, send)
            return
        if self._tracer is None and header(scope, b"traceparent") is None:
            await self.app(scope, receive, send)
            return
        caller = _context_of(scope)
        if self._tracer is None:
            token = context.attach(caller)
            try:
                await self.app(scope, receive, send)
            finally:
                context.detach(token)
            return
        attributes = {
            "http.request.method": method_of(scope),
            "url.scheme": scope["scheme"],
            "nerve.request_id": request_id.of(scope),
        }
        with self._tracer.start_as_current_span(
            method_of(scope),
            caller,
            SpanKind.SERVER,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            await self._traced(scope, receive, send, span)

    async def _traced(self, scope: Scope, receive: Receive, send: Send, span: trace.Span) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                span.set_attribute("http.response.status_code", status)
                if status >= _SERVER_ERROR:
                    fail(span, str(status))
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except BaseException as exc:
            fail(span, type(exc).__name__)
            raise
        finally:
            route = route_of(scope)
            span.update_name(f"{method_of(scope)} {route}")
            span.set_attribute("http.route", route)


def _context_of(scope: Scope) -> Context:
    """What the caller says of its trace; the current context where it says nothing usable."""
    if header(scope, b"traceparent") is None:
        return context.get_current()
    headers = Headers(scope=scope)
    return PROPAGATOR.extract({name: headers.getlist(name) for name in PROPAGATOR.fields})
