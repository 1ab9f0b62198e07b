"""``/live``, ``/ready``, ``/metrics``; ``/health``, ``/ping``, ``/version`` under others' names."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import PlainTextResponse

from service.observe.metrics import Metrics
from service.readiness import Readiness
from service.routes.documented import errors


def router(readiness: Readiness, metrics: Metrics) -> APIRouter:
    """The routes that operators and orchestrators ask."""
    routes = APIRouter(tags=["health"])

    @routes.get("/live", responses=errors(open_to_all=True))
    async def live() -> dict[str, bool]:
        """The process answers. Never depends on the engine: a restart would not mend that."""
        return {"live": True}

    @routes.get("/ready", responses=errors(503, open_to_all=True))
    async def ready() -> dict[str, bool]:
        """Requests can be answered; else 503 with the condition that fails."""
        readiness.require()
        return {"ready": True}

    @routes.get("/health", response_class=Response, responses=errors(503, open_to_all=True))
    @routes.get("/ping", response_class=Response, responses=errors(503, open_to_all=True))
    async def health() -> Response:
        """As ``/ready``, where proxies look for it; nothing in the body, as of vLLM's own."""
        readiness.require()
        return Response()

    @routes.get("/version", responses=errors(open_to_all=True))
    async def version(request: Request) -> dict[str, str]:
        """Of the gateway."""
        return {"version": request.app.version}

    @routes.get("/metrics", response_class=PlainTextResponse, responses=errors(open_to_all=True))
    async def exposition(accept: Annotated[str, Header()] = "") -> Response:
        """Prometheus' text format, or OpenMetrics where that is accepted."""
        body, kind = metrics.exposition(accept)
        return Response(body, media_type=kind)

    return routes
