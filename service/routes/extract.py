"""``POST /extract``."""

from fastapi import APIRouter

from service.extract import Extract
from service.places import Places
from service.protocol import ErrorResponse, ExtractRequest, ExtractResponse

_ERRORS = (400, 404, 413, 422, 429, 500, 502, 503, 504)


def router(extract: Extract, places: Places) -> APIRouter:
    """The route over a use case and its places."""
    routes = APIRouter(tags=["extract"])

    @routes.post("/extract", responses={status: {"model": ErrorResponse} for status in _ERRORS})
    async def extract_entities(request: ExtractRequest) -> ExtractResponse:
        """Typed entities of a text, with exact positions."""
        with places.one():
            return await extract(request)

    return routes
