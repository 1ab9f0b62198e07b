"""The application: its routes over the parts, what wraps them, a lifespan."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import TracerProvider
from starlette.middleware.cors import CORSMiddleware

from service.doors import label_names
from service.doors import router as doors
from service.doors.faults import OriginalFaults
from service.extraction.prelabel import Prelabel
from service.extraction.redact import Redact
from service.guard.access import Access
from service.guard.body import WholeBody
from service.guard.cookies import NoCookies
from service.guard.counters import Counters
from service.guard.deadline import Deadline
from service.guard.draining import CloseWhenDraining, Draining
from service.guard.fast_path import FastPath
from service.guard.plain_path import PlainPath
from service.guard.same_site import SameSite
from service.mcp.backend import ThisGateway
from service.observe.measure import MeasureRequests
from service.observe.together import Together
from service.observe.trace_requests import TraceRequests
from service.openai.proxy import Proxy
from service.parts import Parts
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
from service.routes.documented import Documented
from service.routes.error_handlers import handle_errors
from service.settings import Settings
from service.wire import request_id

VERSION = "0.1.0"

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
    parts = Parts(settings, draining or Draining(), spans, counters or Counters(), together)
    backend = ThisGateway(parts.extract, parts.concurrency, parts.registry, parts.readiness)
    tools = mcp.mounted(settings, backend, VERSION)
    app = Documented(
        title="Nerve",
        version=VERSION,
        lifespan=_lifespan(parts, tools.running() if tools else nullcontext()),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        telemetry=_NO_TELEMETRY,
    )
    _route(app, parts)
    if tools:
        app.router.routes.append(tools.route)
    else:
        app.include_router(mcp.missing())
    _wrap(app, parts)
    handle_errors(app)
    return app


def _route(app: FastAPI, parts: Parts) -> None:
    """Each family of routes; the busiest have a path of their own around the rest."""
    extracting, concurrency = parts.extract, parts.concurrency
    registry, readiness = parts.registry, parts.readiness
    app.include_router(extract.router(extracting, concurrency, parts.held))
    app.include_router(redact.router(Redact(extracting), concurrency))
    app.include_router(label_studio.router(Prelabel(extracting), concurrency, readiness))
    app.include_router(health.router(readiness, parts.metrics))
    app.include_router(api_page.router())
    app.include_router(adapters.router(registry, readiness))
    proxy = Proxy(parts.engine, concurrency, parts.metrics, parts.settings.deadline_s)
    proxied = openai.handlers(parts.settings, registry, proxy)
    app.include_router(openai.router(registry, proxy, proxied))
    app.include_router(playground.router())
    names = label_names.load(parts.settings.label_names)
    app.include_router(doors.router(extracting, concurrency, names))
    fast = {extract.PATH: extract.fast_path(extracting, concurrency), **proxied}
    app.add_middleware(FastPath, handlers=fast)


def _lifespan(
    parts: Parts, tools: AbstractAsyncContextManager[None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    watching = (parts.readiness, parts.registry, parts.keys, parts.queue)

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
            await parts.engine.aclose()

    return lifespan


def _wrap(app: FastAPI, parts: Parts) -> None:
    """The last added is the outermost: what is refused is measured too."""
    settings = parts.settings
    app.add_middleware(
        WholeBody,
        max_bytes=settings.max_body_bytes,
        within_s=settings.receive_s,
        held=parts.held,
        in_parts={extract.BATCH},
    )
    app.add_middleware(Deadline)
    app.add_middleware(Access, keys=parts.keys, counters=parts.counters)
    app.add_middleware(SameSite, settings=settings, needs_keys=parts.keys.needed)
    app.add_middleware(PlainPath)
    app.add_middleware(MeasureRequests, metrics=parts.metrics)
    app.add_middleware(TraceRequests, tracing=parts.tracing)
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
    app.add_middleware(NoCookies)
    app.add_middleware(CloseWhenDraining, draining=parts.draining)
