"""Amazon Comprehend's entities: ``boto3.client("comprehend", endpoint_url=…)``, in either of the
protocols that its clients speak: JSON 1.1, and RPC v2 in CBOR.

A request is signed with a secret that is not known here, so the signature tells nothing; its access
key id is taken for the api key.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from service.doors import comprehend_fields as fields
from service.doors.asked import TextOrFault, only
from service.doors.finding import Entity, Finder, Found, headers
from service.errors import InvalidRequest, RequestTooLarge
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
# What an operation answers, and from what.
Done = tuple[Answer, Sequence[Found]]
# What an operation has taken out of a body, with what is to be done: the body is let go.
Work = Callable[[], Awaitable[Done]]
Operation = Callable[["Comprehend", dict[str, Any]], Work]


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
    """What it needs: the entities under the original's names, under those of an endpoint's model,
    and those that are personal."""

    entities: Finder
    of_endpoint: Finder
    personal: Finder

    async def answer(self, scope: Scope, raw: bytes) -> Response:
        """What the operation gives. Raises NerveError."""
        operation = _operation(scope)
        is_much = len(raw) > LONG
        work = await aside(is_much, lambda: operation(self, _read(scope, raw)))
        body, found = await work()
        response = await aside(is_much, _response, scope, body, 200)
        response.headers.update(headers(found))
        return response


def _operation(scope: Scope) -> Operation:
    """Raises InvalidRequest."""
    asked = scope["path"].rpartition("/")[2] or (header(scope, _TARGET) or "").rpartition(".")[2]
    operation = _OPERATIONS.get(asked)
    if operation is None:
        expected = ", ".join(_OPERATIONS)
        raise InvalidRequest(f"{asked[:64]} is not here; expected one of {expected}")
    return operation


def _detect(door: Comprehend, values: dict[str, Any]) -> Work:
    only(values, ("Text", "LanguageCode", "EndpointArn"), "DetectEntities")
    model = fields.model(values)
    finder = door.entities if model is None else door.of_endpoint
    return partial(_entities, finder, fields.text(values), model)


async def _entities(finder: Finder, text: str, model: str | None) -> Done:
    found = await finder.one(text, model)
    return {"Entities": [_with_text(one) for one in found.entities]}, [found]


def _detect_batch(door: Comprehend, values: dict[str, Any]) -> Work:
    only(values, ("TextList", "LanguageCode"), "BatchDetectEntities")
    fields.check_language(values)
    return partial(_batch, door.entities, fields.texts(values))


async def _batch(finder: Finder, texts: Sequence[TextOrFault]) -> Done:
    results: list[Answer] = []
    errors: list[Answer] = []
    found = await finder.many(texts)
    for place, one in enumerate(found):
        if isinstance(one, ErrorBody):
            errors.append({"Index": place, **_item_error(one)})
        else:
            entities = [_with_text(entity) for entity in one.entities]
            results.append({"Index": place, "Entities": entities})
    good = [one for one in found if not isinstance(one, ErrorBody)]
    return {"ResultList": results, "ErrorList": errors}, good


def _detect_personal(door: Comprehend, values: dict[str, Any]) -> Work:
    return partial(_personal, door.personal, _personal_text(values))


async def _personal(finder: Finder, text: str) -> Done:
    found = await finder.one(text)
    return {"Entities": [_place(one) for one in found.entities]}, [found]


def _contains_personal(door: Comprehend, values: dict[str, Any]) -> Work:
    return partial(_labels, door.personal, _personal_text(values))


async def _labels(finder: Finder, text: str) -> Done:
    best: dict[str, float] = {}
    found = await finder.one(text)
    for one in found.entities:
        best[one.name] = max(one.score, best.get(one.name, 0.0))
    return {"Labels": [{"Name": name, "Score": score} for name, score in best.items()]}, [found]


def _personal_text(values: dict[str, Any]) -> str:
    only(values, ("Text", "LanguageCode"), "DetectPiiEntities")
    fields.check_language(values)
    return fields.text(values)


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


def _with_text(one: Entity) -> Answer:
    return {**_place(one), "Text": one.text}


def _item_error(error: ErrorBody) -> Answer:
    is_theirs = error.type == InvalidRequest.type
    code = "INVALID_REQUEST" if is_theirs else "INTERNAL_SERVER_ERROR"
    if error.type == RequestTooLarge.type:
        code = "TEXT_SIZE_LIMIT_EXCEEDED"
    return {"ErrorCode": code, "ErrorMessage": error.message}


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
