"""``/live``, ``/ready``, ``/metrics``."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.metrics import Metrics
from service.protocol import ErrorResponse
from service.readiness import Readiness


def router(readiness: Readiness, metrics: Metrics) -> APIRouter:
    """The routes that operators and orchestrators ask."""
    routes = APIRouter(tags=["health"])

    @routes.get("/live")
    async def live() -> dict[str, bool]:
        """The process answers. Never depends on the engine: a restart would not mend that."""
        return {"live": True}

    @routes.get("/ready", responses={503: {"model": ErrorResponse}})
    async def ready() -> dict[str, bool]:
        """Requests can be answered; else 503 with the condition that fails."""
        readiness.require()
        return {"ready": True}

    @routes.get("/metrics")
    async def exposition() -> Response:
        """Prometheus' text format."""
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return routes
