"""Amazon Comprehend's entities: ``boto3.client("comprehend", endpoint_url=…)``, in either of the
protocols that its clients speak: JSON 1.1, and RPC v2 in CBOR.

A request is signed with a secret that is not known here, so the signature tells nothing; its access
key id is taken for the api key.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from service.doors import comprehend_fields as fields
from service.doors.asked import at_most, field, only
from service.doors.finding import Entities, Entity, Finder, numbered
from service.errors import InvalidRequest
from service.extraction.aside import LONG, aside
from service.wire import cbor, request_id
from service.wire.headers import header
from service.wire.json_object import JsonObject
from service.wire.responses import ErrorBody

PREFIX = "/service/Comprehend_20171127/operation/"
_TARGET = b"x-amz-target"
_JSON = "application/x-amz-json-1.1"
# By our types; what is not here is the original's InternalServerException.
_EXCEPTIONS = {
    "invalid_request_error": (400, "InvalidRequestException"),
    "authentication_error": (403, "UnrecognizedClientException"),
    "permission_error": (403, "AccessDeniedException"),
    "not_found_error": (400, "ResourceNotFoundException"),
    "request_too_large": (400, "TextSizeLimitExceededException"),
    "overloaded": (429, "TooManyRequestsException"),
    "engine_unavailable": (503, "ServiceUnavailableException"),
}

Answer = dict[str, Any]
Operation = Callable[["Comprehend", dict[str, Any]], Awaitable[Answer]]


def knows(scope: Scope) -> bool:
    """Is this request for this door?"""
    is_json = scope["path"] == "/" and header(scope, _TARGET) is not None
    return is_json or str(scope["path"]).startswith(PREFIX)


def says(scope: Scope, status: int, error: ErrorBody) -> Response:
    """As the original: the exception's name, and a message."""
    status, name = _EXCEPTIONS.get(error.type, (max(status, 500), "InternalServerException"))
    if error.code in _CODES:
        name = error.code
    body = {"__type": name, "message": error.message, "Message": error.message}
    found = _response(scope, body, status)
    found.headers["x-amzn-errortype"] = name
    return found


@dataclass(frozen=True, slots=True)
class Comprehend:
    """What it needs: the entities under their own names, and those that are personal."""

    entities: Finder
    personal: Finder

    async def answer(self, scope: Scope, raw: bytes) -> Response:
        """What the operation gives. Raises NerveError."""
        asked = (
            scope["path"].rpartition("/")[2] or (header(scope, _TARGET) or "").rpartition(".")[2]
        )
        operation = _OPERATIONS.get(asked)
        if operation is None:
            expected = ", ".join(_OPERATIONS)
            raise InvalidRequest(f"{asked[:64]} is not here; expected one of {expected}")
        is_much = len(raw) > LONG
        values = await aside(is_much, _read, scope, raw)
        return await aside(is_much, _response, scope, await operation(self, values), 200)


async def _detect(door: Comprehend, values: dict[str, Any]) -> Answer:
    only(values, ("Text", "LanguageCode", "EndpointArn"), "DetectEntities")
    model = fields.model(values)
    found = await door.entities.one("Text", fields.text(values), model)
    return {"Entities": [{**_place(one), "Text": one.text} for one in found]}


async def _detect_batch(door: Comprehend, values: dict[str, Any]) -> Answer:
    only(values, ("TextList", "LanguageCode"), "BatchDetectEntities")
    fields.check_language(values)
    texts = field(values, "TextList", list)
    at_most(texts, fields.MOST_TEXTS, "TextList", "BatchSizeLimitExceededException")
    named = numbered("TextList", texts)
    short = {n: text for n, text in named.items() if fields.size(text) <= fields.LONGEST_OF_BATCH}
    found = dict(zip(short, await door.entities.many(short), strict=True))
    results: list[Answer] = []
    errors: list[Answer] = []
    for place, name in enumerate(named):
        entities = found.get(name)
        if isinstance(entities, list):
            said = [{**_place(one), "Text": one.text} for one in entities]
            results.append({"Index": place, "Entities": said})
        else:
            errors.append({"Index": place, **_item_error(entities)})
    return {"ResultList": results, "ErrorList": errors}


async def _detect_personal(door: Comprehend, values: dict[str, Any]) -> Answer:
    return {"Entities": [_place(one) for one in await _personal(door, values)]}


async def _contains_personal(door: Comprehend, values: dict[str, Any]) -> Answer:
    best: dict[str, float] = {}
    for one in await _personal(door, values):
        best[one.name] = max(one.score, best.get(one.name, 0.0))
    return {"Labels": [{"Name": name, "Score": score} for name, score in best.items()]}


async def _personal(door: Comprehend, values: dict[str, Any]) -> Entities:
    only(values, ("Text", "LanguageCode"), "DetectPiiEntities")
    fields.check_language(values)
    return await door.personal.one("Text", fields.text(values))


_OPERATIONS: Mapping[str, Operation] = {
    "DetectEntities": _detect,
    "BatchDetectEntities": _detect_batch,
    "DetectPiiEntities": _detect_personal,
    "ContainsPiiEntities": _contains_personal,
}
_CODES = (
    "BatchSizeLimitExceededException",
    "TextSizeLimitExceededException",
    "UnsupportedLanguageException",
)


def _place(one: Entity) -> Answer:
    return {
        "Score": one.score,
        "Type": one.name,
        "BeginOffset": one.start,
        "EndOffset": one.end,
    }


def _item_error(error: ErrorBody | None) -> Answer:
    if error is not None:
        is_theirs = error.type == InvalidRequest.type
        code = "INVALID_REQUEST" if is_theirs else "INTERNAL_SERVER_ERROR"
        return {"ErrorCode": code, "ErrorMessage": error.message}
    said = f"the text is longer than {fields.LONGEST_OF_BATCH} bytes"
    return {"ErrorCode": "TEXT_SIZE_LIMIT_EXCEEDED", "ErrorMessage": said}


def _read(scope: Scope, raw: bytes) -> dict[str, Any]:
    return cbor.loads(raw) if _is_cbor(scope) else JsonObject.read(raw).values


def _is_cbor(scope: Scope) -> bool:
    return str(scope["path"]).startswith(PREFIX)


def _response(scope: Scope, body: Answer, status: int) -> Response:
    headers = {"x-amzn-requestid": request_id.of(scope)}
    if _is_cbor(scope):
        headers["smithy-protocol"] = "rpc-v2-cbor"
        return Response(cbor.dumps(body), status, headers, cbor.MEDIA_TYPE)
    return Response(json.dumps(body, ensure_ascii=False), status, headers, _JSON)
