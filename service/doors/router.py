"""The doors' routes, and how each says its errors."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service.doors import azure, comprehend, hugging_face, presidio
from service.doors.faults import Knows, Says
from service.doors.finding import Finder
from service.doors.label_names import LabelNames
from service.extraction.extract import Extract
from service.guard.concurrency import ConcurrencyLimit
from service.wire.headers import expect_json

# In this order: the root is Comprehend's by a header, else Hugging Face's.
FAULTS: Sequence[tuple[Knows, Says]] = tuple(
    (door.knows, door.says) for door in (comprehend, azure, presidio, hugging_face)
)
_PERSONAL = frozenset({"comprehend_pii", "azure_pii", "presidio"})


def router(
    extract: Extract, concurrency: ConcurrencyLimit, names: Mapping[str, LabelNames]
) -> APIRouter:
    """The routes over a use case and its concurrency limit; ``names`` of labels, by door."""
    find = {
        door: Finder(extract, concurrency, table, is_personal=door in _PERSONAL)
        for door, table in names.items()
    }
    routes = APIRouter(include_in_schema=False)
    _hugging_face_and_comprehend(routes, find)
    _azure(routes, find)
    _presidio(routes, find)
    return routes


def _hugging_face_and_comprehend(routes: APIRouter, find: Mapping[str, Finder]) -> None:
    finder = find["hugging_face"]
    amazon = comprehend.Comprehend(
        find["comprehend"], find["comprehend_endpoint"], find["comprehend_pii"]
    )

    @routes.post("/")
    async def root(request: Request) -> Response:
        if comprehend.knows(request.scope):
            return await amazon.answer(request.scope, await request.body())
        return await hugging_face.answer(finder, await _json(request))

    @routes.post(comprehend.PREFIX + "{operation}")
    async def operation(request: Request) -> Response:
        return await amazon.answer(request.scope, await request.body())

    @routes.post(hugging_face.PREFIX + "{model:path}")
    async def model(request: Request, model: str) -> Response:
        return await hugging_face.answer(finder, await _json(request), model)


async def _json(request: Request) -> bytes:
    """The body; raises InvalidRequest when it is not said to be JSON."""
    expect_json(request.scope)
    return await request.body()


def _azure(routes: APIRouter, find: Mapping[str, Finder]) -> None:
    door = azure.Azure(find["azure"], find["azure_pii"])

    @routes.post(azure.PATH)
    async def analyze_text(request: Request) -> Response:
        return await door.answer(await _json(request))


def _presidio(routes: APIRouter, find: Mapping[str, Finder]) -> None:
    finder = find["presidio"]

    @routes.post("/analyze")
    async def analyze(request: Request) -> Response:
        return await presidio.answer(finder, await _json(request))

    @routes.get("/supportedentities")
    async def supported_entities() -> Response:
        return JSONResponse(finder.known())

    @routes.get("/recognizers")
    async def recognizers() -> Response:
        return JSONResponse([presidio.RECOGNIZER])
