"""The application: parts put together, one error handler, a lifespan."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service import registry as models
from service.body import WholeBody
from service.engine import Engine
from service.errors import InternalError, MalformedBody, MethodNotAllowed, NerveError, NotFound
from service.extract import Extract
from service.metrics import MeasureRequests, Metrics
from service.places import Places
from service.protocol import ErrorResponse, request_error
from service.readiness import Readiness
from service.routes import extract, health
from service.settings import Settings

logger = logging.getLogger("nerve")


def create_app(settings: Settings) -> FastAPI:
    """The gateway. Raises ManifestError or RegistryError if the adapters folder cannot be used."""
    metrics = Metrics()
    registry = models.load(settings.adapters, settings.base_model, settings.default_model)
    engine = Engine.connect(settings, metrics)
    readiness = Readiness(settings, registry, engine, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(readiness.watch())
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await engine.aclose()

    app = FastAPI(title="Nerve", version="0.1.0", lifespan=lifespan)
    places = Places(settings.max_in_flight, metrics.in_flight)
    app.include_router(extract.router(Extract(settings, registry, engine, metrics), places))
    app.include_router(health.router(readiness, metrics))
    # The last added is the outermost: what the body's limit refuses is measured too.
    app.add_middleware(WholeBody, max_bytes=settings.max_body_bytes)
    app.add_middleware(MeasureRequests, metrics=metrics)
    _handle_errors(app)
    return app


def _handle_errors(app: FastAPI) -> None:
    """Whatever goes wrong, the answer is the one envelope."""

    @app.exception_handler(NerveError)
    async def known(_: Request, exc: NerveError) -> JSONResponse:
        return _answer(exc)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, exc: RequestValidationError) -> JSONResponse:
        return _answer(request_error(exc.errors()[0]))

    @app.exception_handler(HTTPException)
    async def routing(request: Request, exc: HTTPException) -> JSONResponse:
        path, method = request.url.path, request.method
        if exc.status_code == MalformedBody.status:  # what FastAPI says of a body it cannot decode
            return _answer(MalformedBody("the body is not JSON in UTF-8"))
        if exc.status_code == MethodNotAllowed.status:
            return _answer(MethodNotAllowed(f"{path} does not take {method}"), exc.headers)
        return _answer(NotFound(f"there is no route {path}; see /docs"))

    @app.exception_handler(Exception)
    async def unknown(_: Request, exc: Exception) -> JSONResponse:
        # The server closes the connection after a fault; a client's pool has to know.
        fault = InternalError("a fault of the gateway; its log says more")
        return _answer(fault, {"connection": "close"})


def _answer(error: NerveError, headers: object = None) -> JSONResponse:
    answer = JSONResponse(ErrorResponse.of(error).model_dump(), error.status)
    if error.retry_after is not None:
        answer.headers["retry-after"] = str(error.retry_after)
    if isinstance(headers, dict):
        answer.headers.update(headers)
    return answer
