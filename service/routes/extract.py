"""``POST /extract`` and ``POST /extract/batch``."""

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query, Response
from starlette.types import Scope

from service.errors import InvalidRequest
from service.extraction.batch import MEDIA_TYPE, Batch
from service.extraction.extract import Extract
from service.extraction.shapes import check_whole, headers
from service.extraction.stream import Streamed
from service.extraction.written import response, said, size
from service.guard.concurrency import ConcurrencyLimit
from service.guard.fast_path import Handler
from service.guard.held_bytes import HeldBytes
from service.routes.asked import asked, body, only_query
from service.routes.documented import body_of, errors
from service.wire.dialects import DIALECTS, SCORED, WITHOUT_OVERLAPS, Dialect
from service.wire.event_stream import MEDIA_TYPE as MEDIA_TYPE_OF_STREAM
from service.wire.requests import BatchLine, ExtractRequest
from service.wire.responses import ExtractResponse, LineAnswer, LineError, ManyResponse

PATH = "/extract"
BATCH = "/extract/batch"

_FORMAT = Query(description=f"the answer in another tool's shape: one of {', '.join(DIALECTS)}")

_STREAM = {
    "description": "The answer; with `stream`, its parts as server-sent events: `entity` and "
    "`dropped`, then `done` with what else an answer has, or `error`.",
    "content": {MEDIA_TYPE_OF_STREAM: {"schema": {"type": "string"}}},
}

ERRORS = errors(400, 404, 422, 502, 503, 504)


class _Lines(Response):
    """What the document says of a batch's answer."""

    media_type = MEDIA_TYPE


def router(extract: Extract, concurrency: ConcurrencyLimit, held: HeldBytes) -> APIRouter:
    """The routes over a use case and its concurrency limit."""
    routes = APIRouter(tags=["extract"])

    @routes.post(
        PATH,
        responses={200: _STREAM, **ERRORS},
        response_model_exclude_defaults=True,
        openapi_extra=body_of(ExtractRequest),
        dependencies=[Depends(only_query("format"))],
    )
    async def extract_entities(
        request: Annotated[ExtractRequest, Depends(body(ExtractRequest))],
        format: Annotated[str | None, _FORMAT] = None,
    ) -> ExtractResponse | ManyResponse:
        """Typed entities of a text or of several, with exact positions; with `stream`, of one text
        while they are found."""
        dialect = _dialect(format, request)
        if request.stream:
            return cast(ExtractResponse, Streamed(extract, concurrency, request))
        if dialect in SCORED:
            request = extract.comparable(request)
        with concurrency:
            answer = await extract(request)
        # FastAPI passes a response on as it is, and would write an answer in one go.
        if dialect is None or isinstance(answer, ManyResponse):
            return cast(ExtractResponse, await response(answer))
        return cast(ExtractResponse, await _in_dialect(dialect, request, answer))

    @routes.post(
        BATCH,
        responses={200: {"model": LineAnswer | LineError}, **errors(422)},
        openapi_extra={"requestBody": {"content": {MEDIA_TYPE: _line()}}},
        dependencies=[Depends(only_query())],
        response_class=_Lines,
    )
    async def extract_batch() -> Response:
        """Any number of texts, one request a line; one answer a line, in their order."""
        return Batch(extract, concurrency, held)

    return routes


def fast_path(extract: Extract, concurrency: ConcurrencyLimit) -> Handler:
    """``POST /extract`` as most callers send it; one with a query is left to the route."""

    async def extract_entities(scope: Scope, raw: bytes) -> Response | None:
        if scope["query_string"]:
            return None
        request = await asked(scope, raw, ExtractRequest)
        if request.stream:
            return Streamed(extract, concurrency, request)
        with concurrency:
            answer = await extract(request)
        return await response(answer)

    return extract_entities


def _dialect(name: str | None, request: ExtractRequest) -> Dialect | None:
    """Raises InvalidRequest for a name that is none, and for several texts."""
    if name is None:
        return None
    if name not in DIALECTS:
        expected = ", ".join(DIALECTS)
        raise InvalidRequest(
            f"format has {name[:64]!r}; expected one of {expected}", param="format"
        )
    if request.stream:
        raise InvalidRequest("format is there; stream expects none", param="format")
    if request.texts is not None:
        raise InvalidRequest(f"texts is there; format={name} expects text", param="texts")
    if name in WITHOUT_OVERLAPS and request.overlaps == "all":
        raise InvalidRequest(f"overlaps is all; format={name} expects longest", param="overlaps")
    return DIALECTS[name]


async def _in_dialect(
    dialect: Dialect, request: ExtractRequest, answer: ExtractResponse
) -> Response:
    """What no dialect can say stands in headers; a text that lacks a part is an error."""
    check_whole(answer)
    found = await said(lambda: dialect(request.only_text(), answer), size(answer))
    found.headers["x-nerve-scores"] = request.scores
    found.headers.update(headers(answer.truncated, len(answer.dropped)))
    return found


def _line() -> dict[str, Any]:
    schema = BatchLine.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs")  # the request's too, which are among the document's components
    return {"schema": {"anyOf": [schema, {"type": "string"}]}}
