"""The application: parts put together, one error handler, a lifespan."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from service.doors import label_names
from service.doors import router as doors
from service.doors.faults import OriginalFaults
from service.engine.client import Engine
from service.engine.queue import EngineQueue
from service.errors import (
    InternalError,
    MalformedBody,
    MethodNotAllowed,
    NerveError,
    NotFound,
)
from service.extraction.extract import Extract
from service.extraction.prelabel import Prelabel
from service.extraction.redact import Redact
from service.guard.access import Access
from service.guard.body import WholeBody
from service.guard.concurrency import ConcurrencyLimit
from service.guard.counters import Counters
from service.guard.deadline import Deadline
from service.guard.draining import CloseWhenDraining, Draining
from service.guard.fast_path import FastPath
from service.guard.held_bytes import HeldBytes
from service.guard.keys import Keys
from service.guard.same_site import SameSite
from service.mcp.backend import ThisGateway
from service.models.live_registry import LiveRegistry
from service.models.loading import AdapterLoader
from service.models.metrics import AdapterMetrics
from service.models.registry import untuned
from service.observe.measure import MeasureRequests
from service.observe.metrics import Metrics
from service.observe.together import Together
from service.observe.trace_requests import TraceRequests
from service.observe.tracing import Tracing
from service.openai.proxy import Proxy
from service.readiness import Readiness
from service.routes import (
    adapters,
    api_page,
    extract,
    health,
    label_studio,
    mcp,
    openai,
    playground,
    redact,
)
from service.settings import Settings
from service.wire import request_id
from service.wire.answers import answer
from service.wire.request_errors import request_error
from service.wire.requests import ExtractRequest, RedactRequest
from service.wire.wording import why_not_json

VERSION = "0.1.0"

logger = logging.getLogger("nerve")

# FastAPI's own spans and logs would have queries and the words of exceptions.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(
    settings: Settings,
    draining: Draining | None = None,
    spans: TracerProvider | None = None,
    counters: Counters | None = None,
    together: Together | None = None,
) -> FastAPI:
    """The gateway; whoever runs it says to ``draining`` when it is to end, and takes ``spans``.

    One of several workers has ``counters`` that they share, and ``together`` has all their series.

    Raises ManifestError or RegistryError if the adapters folder cannot be used, SettingsError if
    the file of api keys or that of labels' names cannot.
    """
    tracing = Tracing(spans, settings.engine_url, settings.trace_texts)
    metrics, keys = Metrics(tracing, together), Keys(settings)
    counters = counters or Counters()
    engine = Engine.connect(settings, metrics, tracing)
    adapter_metrics = AdapterMetrics(metrics.registry)
    registry = LiveRegistry(settings, AdapterLoader(settings, engine), adapter_metrics)
    if registry.default == settings.base_model:
        logger.warning("%s", untuned(settings.base_model))
    draining = draining or Draining()
    readiness = Readiness(settings, registry, engine, metrics, draining, counters)
    queue = EngineQueue(settings, engine, metrics)

    concurrency = ConcurrencyLimit(
        settings.max_in_flight, counters.counter("places"), metrics.http.in_flight, queue.check
    )
    metrics.http.places.set(settings.max_in_flight)
    extracting = Extract(settings, registry, engine, metrics, adapter_metrics)
    held = HeldBytes(
        settings.max_held_bytes, counters.counter("held bytes"), metrics.guards.held_bytes
    )
    backend = ThisGateway(extracting, concurrency, registry, readiness)
    tools = mcp.mounted(settings, backend, VERSION)
    app = FastAPI(
        title="Nerve",
        version=VERSION,
        lifespan=_lifespan(
            engine, (readiness, registry, keys, queue), tools.running() if tools else nullcontext()
        ),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=_NO_TELEMETRY,
    )
    app.include_router(extract.router(extracting, concurrency, held))
    app.include_router(redact.router(Redact(extracting), concurrency))
    app.include_router(label_studio.router(Prelabel(extracting), concurrency, readiness))
    app.include_router(health.router(readiness, metrics))
    app.include_router(api_page.router())
    app.include_router(adapters.router(registry, readiness))
    if tools:
        app.router.routes.append(tools.route)
    else:
        app.include_router(mcp.missing())
    proxy = Proxy(engine, concurrency, metrics)
    proxied = openai.handlers(settings, registry, proxy)
    app.include_router(openai.router(registry, proxy, proxied))
    app.include_router(playground.router())
    names = label_names.load(settings.label_names)
    app.include_router(doors.router(extracting, concurrency, names))
    fast = {extract.PATH: extract.fast_path(extracting, concurrency), **proxied}
    app.add_middleware(FastPath, handlers=fast)
    _wrap(app, settings, metrics, keys, tracing, held, counters)
    app.add_middleware(CloseWhenDraining, draining=draining)
    _handle_errors(app)
    return app


class _Watching(Protocol):
    async def watch(self) -> None:
        """Look again and again, until cancelled."""


def _lifespan(
    engine: Engine, watching: Sequence[_Watching], tools: AbstractAsyncContextManager[None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watches = [asyncio.create_task(one.watch()) for one in watching]
        try:
            async with tools:
                yield
        finally:
            for watch in watches:
                watch.cancel()
                with suppress(asyncio.CancelledError):
                    await watch
            await engine.aclose()

    return lifespan


def _wrap(
    app: FastAPI,
    settings: Settings,
    metrics: Metrics,
    keys: Keys,
    tracing: Tracing,
    held: HeldBytes,
    counters: Counters,
) -> None:
    """The last added is the outermost: what is refused is measured too."""
    app.add_middleware(
        WholeBody,
        max_bytes=settings.max_body_bytes,
        within_s=settings.receive_s,
        held=held,
        in_parts={extract.BATCH},
    )
    app.add_middleware(Deadline)
    app.add_middleware(Access, keys=keys, counters=counters)
    app.add_middleware(SameSite, settings=settings, needs_keys=keys.needed)
    app.add_middleware(MeasureRequests, metrics=metrics)
    app.add_middleware(TraceRequests, tracing=tracing)
    # Inside of CORS: what is said as a door's original says it, a page may read too.
    app.add_middleware(OriginalFaults, doors=doors.FAULTS)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=(request_id.HEADER, "retry-after", "x-nerve-overhead-ms"),
        )
    app.add_middleware(request_id.RequestId)


def _handle_errors(app: FastAPI) -> None:
    """Whatever goes wrong, the answer is the one envelope."""

    @app.exception_handler(NerveError)
    async def known(_: Request, exc: NerveError) -> JSONResponse:
        return answer(exc)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
        body = RedactRequest if request.url.path == redact.PATH else ExtractRequest
        return answer(request_error(exc.errors(), body))

    @app.exception_handler(HTTPException)
    async def routing(request: Request, exc: HTTPException) -> JSONResponse:
        path, method = request.url.path, request.method
        if exc.status_code == MalformedBody.status:  # what FastAPI says of a body it cannot decode
            reason = f": {why_not_json(exc.__cause__)}" if exc.__cause__ else ""
            return answer(MalformedBody(f"the body is not JSON{reason}"))
        if exc.status_code == MethodNotAllowed.status:
            return answer(MethodNotAllowed(f"{path} does not take {method}"), exc.headers)
        return answer(NotFound(f"there is no route {path}; see /docs"))

    @app.exception_handler(Exception)
    async def unknown(request: Request, exc: Exception) -> JSONResponse:
        # The server closes the connection after a fault; a client's pool has to know.
        fault = InternalError("a fault of the gateway; its log says more")
        # This answer is given outside of the middleware.
        headers = {"connection": "close", request_id.HEADER: request_id.of(request.scope)}
        return answer(fault, headers)
