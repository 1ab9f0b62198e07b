"""``POST /redact``."""

from fastapi import APIRouter

from service.places import Places
from service.redact import Redact
from service.requests import RedactRequest
from service.responses import ManyRedacted, RedactResponse
from service.routes.extract import ERRORS

PATH = "/redact"


def router(redact: Redact, places: Places) -> APIRouter:
    """The route over a use case and its places."""
    routes = APIRouter(tags=["extract"])

    @routes.post(PATH, responses=ERRORS, response_model_exclude_defaults=True)
    async def redact_entities(request: RedactRequest) -> RedactResponse | ManyRedacted:
        """A text, or several, with its entities masked; and the entities."""
        with places:
            return await redact(request)

    return routes
