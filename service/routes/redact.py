"""``POST /redact``."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends

from service.extraction.redact import Redact
from service.extraction.written import response
from service.guard.concurrency import ConcurrencyLimit
from service.routes.asked import body, only_query
from service.routes.documented import body_of
from service.routes.extract import ERRORS
from service.wire.requests import RedactRequest
from service.wire.responses import ManyRedacted, RedactResponse

PATH = "/redact"


def router(redact: Redact, concurrency: ConcurrencyLimit) -> APIRouter:
    """The route over a use case and its concurrency limit."""
    routes = APIRouter(tags=["extract"])

    @routes.post(
        PATH,
        responses=ERRORS,
        response_model_exclude_defaults=True,
        openapi_extra=body_of(RedactRequest),
        dependencies=[Depends(only_query())],
    )
    async def redact_entities(
        request: Annotated[RedactRequest, Depends(body(RedactRequest))],
    ) -> RedactResponse | ManyRedacted:
        """A text, or several, with its entities masked; and the entities."""
        with concurrency:
            answer = await redact(request)
        # FastAPI passes a response on as it is, and would write an answer in one go.
        return cast(RedactResponse, await response(answer))

    return routes
