"""``/label-studio``: an ML back end for Label Studio, which labels tasks before people do.

A project connects to ``http://…/label-studio``, or to ``http://…/label-studio/MODEL``.
"""

import logging
from collections import Counter
from typing import Any, cast

from fastapi import APIRouter, Request

from service.errors import InvalidRequest, NerveError
from service.extraction.aside import read_aside
from service.extraction.prelabel import Prelabel
from service.extraction.written import response
from service.guard.concurrency import ConcurrencyLimit
from service.readiness import Readiness
from service.routes.documented import errors
from service.routes.extract import ERRORS
from service.wire.json_object import JsonObject
from service.wire.label_studio import (
    ModelVersion,
    Prediction,
    Predictions,
    PredictRequest,
    Setup,
    Up,
    Versions,
)
from service.wire.responses import ErrorResponse

PREFIX = "/label-studio"

logger = logging.getLogger("nerve")

_BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


def router(prelabel: Prelabel, concurrency: ConcurrencyLimit, readiness: Readiness) -> APIRouter:
    """The routes over a use case; ``model`` stands in the path, or is the default."""
    routes = APIRouter(prefix=PREFIX, tags=["label studio"])
    _connecting(routes, prelabel, readiness)
    _predicting(routes, prelabel, concurrency)
    _hearing(routes, prelabel)
    return routes


def _connecting(routes: APIRouter, prelabel: Prelabel, readiness: Readiness) -> None:
    @routes.get("/health", responses=errors(404, 503))
    @routes.get("/{model}/health", responses=errors(404, 503))
    async def health(model: str | None = None) -> Up:
        """200 when requests can be answered; Label Studio asks before it asks for more."""
        readiness.require()
        prelabel.served(model)
        return Up()

    @routes.get("/versions", responses=errors(404))
    @routes.get("/{model}/versions", responses=errors(404))
    async def versions(model: str | None = None) -> Versions:
        """What Label Studio offers as versions: the one that answers now."""
        return Versions(versions=[prelabel.served(model).engine_name])

    @routes.post("/setup", responses=ERRORS, openapi_extra=_BODY)
    @routes.post("/{model}/setup", responses=ERRORS, openapi_extra=_BODY)
    async def set_up(request: Request, model: str | None = None) -> ModelVersion:
        """The version that answers for a project; 422 when its labels cannot be found."""
        asked = await read_aside(await request.body(), Setup.read)
        plans = prelabel.plan(asked.config, model)
        return ModelVersion(model_version=prelabel.version(plans))


def _predicting(routes: APIRouter, prelabel: Prelabel, concurrency: ConcurrencyLimit) -> None:
    @routes.post("/predict", responses=ERRORS, openapi_extra=_BODY)
    @routes.post("/{model}/predict", responses=ERRORS, openapi_extra=_BODY)
    async def predict(request: Request, model: str | None = None) -> Predictions:
        """Predictions for tasks, with the labels of the project's config."""
        asked = await read_aside(await request.body(), PredictRequest.read)
        with concurrency:
            results = await prelabel(asked.tasks, asked.config, model)
        _log(results)
        answer = Predictions(results=[_told(result) for result in results])
        # FastAPI passes a response on as it is, and would write an answer in one go.
        return cast(Predictions, await response(answer, defaults=True))


def _hearing(routes: APIRouter, prelabel: Prelabel) -> None:
    @routes.post("/webhook", responses=errors(400, 404, 422), openapi_extra=_BODY)
    @routes.post("/{model}/webhook", responses=errors(400, 404, 422), openapi_extra=_BODY)
    async def webhook(request: Request, model: str | None = None) -> dict[str, bool]:
        """What happens in a project is told here, and nothing of it is kept."""
        prelabel.served(model)
        if await read_aside(await request.body(), _action) == "START_TRAINING":
            raise InvalidRequest(
                "action has START_TRAINING; an adapter is trained by `nerve adapter train`, "
                "from the project's export",
                param="action",
            )
        return {"kept": False}


def _action(raw: bytes) -> Any:
    return JsonObject.read(raw).values.get("action")


def _told(result: Prediction | NerveError) -> Prediction | ErrorResponse:
    return ErrorResponse.of(result) if isinstance(result, NerveError) else result


def _log(results: list[Prediction | NerveError]) -> None:
    """Label Studio does not show people why a task has no prediction. No message: it could have a
    piece of a text."""
    failed: Counter[Any] = Counter(one.type for one in results if isinstance(one, NerveError))
    for kind, number in failed.items():
        logger.warning("label studio: %d of %d tasks: %s", number, len(results), kind)
