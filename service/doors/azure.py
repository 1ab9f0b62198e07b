"""Azure's text analytics: ``TextAnalyticsClient(…).recognize_entities`` and
``recognize_pii_entities``, as its language API has them (``/language/:analyze-text``)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from service.doors.azure_fields import RESULTS, Asked
from service.doors.finding import Entity, Finder, Found, headers
from service.errors import InvalidRequest, RequestTooLarge
from service.extraction.aside import read_aside
from service.extraction.redact import starred
from service.ner.offsets import Ruler
from service.ner.types import Entity as Placed
from service.wire.responses import ErrorBody
from service.wire.wording import shown

PATH = "/language/:analyze-text"

_CODES = {
    "invalid_request_error": "InvalidRequest",
    "authentication_error": "401",
    "permission_error": "403",
    "not_found_error": "NotFound",
    "request_too_large": "InvalidRequest",
    "overloaded": "429",
    "engine_unavailable": "ServiceUnavailable",
    "engine_timeout": "Timeout",
}


# What is asked, who finds it, the names that are wanted, and warnings of those that are not here.
_Read = tuple[Asked, Finder, Collection[str], Sequence[dict[str, str]]]


def knows(scope: Scope) -> bool:
    """Is this request for this door?"""
    return str(scope["path"]).startswith("/language/")


def says(_: Scope, status: int, error: ErrorBody) -> Response:
    """As the original: a code for all, one that is finer inside."""
    code = _CODES.get(error.type, "InternalServerError")
    inner = {"code": error.code or code, "message": error.message}
    body = {"code": code, "message": error.message, "innererror": inner}
    return JSONResponse({"error": body}, 400 if code == "InvalidRequest" else status)


@dataclass(frozen=True, slots=True)
class Azure:
    """What it needs: the entities under their own names, and those that are personal."""

    entities: Finder
    personal: Finder

    async def answer(self, raw: bytes) -> Response:
        """One result or error a document. Raises NerveError."""
        asked, finder, wanted, warnings = await read_aside(raw, self._read)
        found = await finder.many([text for _, text in asked.documents])
        good, bad = [], []
        for (name, text), one in zip(asked.documents, found, strict=True):
            if isinstance(one, ErrorBody):
                bad.append(_error(name, one))
            elif isinstance(text, str):
                document = _document(text, _wanted(one, wanted), asked)
                document["warnings"] = [*warnings, *_truncated(one)]
                good.append({"id": name, **document})
        results = {"documents": good, "errors": bad, "modelVersion": "latest"}
        whole = [one for one in found if not isinstance(one, ErrorBody)]
        body = {"kind": RESULTS[asked.kind], "results": results}
        return JSONResponse(body, headers=headers(whole))

    def _read(self, raw: bytes) -> _Read:
        asked = Asked.read(raw)
        finder = self.personal if asked.is_personal else self.entities
        known = finder.known()
        return asked, finder, asked.wanted(known), _warnings(asked.unknown(known))


def _warnings(unknown: Sequence[str]) -> list[dict[str, str]]:
    """Categories that nothing is found of here are not passed over in silence."""
    if not unknown:
        return []
    message = f"piiCategories has {shown(unknown)}, which are not found here"
    return [{"code": "UnknownCategory", "message": message}]


def _truncated(found: Found) -> list[dict[str, str]]:
    if not found.truncated:
        return []
    message = "A completion ran out of room, so entities may be missing."
    return [{"code": "DocumentTruncated", "message": message}]


def _error(name: str, error: ErrorBody) -> dict[str, Any]:
    is_theirs = error.type in (InvalidRequest.type, RequestTooLarge.type)
    code = "InvalidArgument" if is_theirs else "InternalServerError"
    inner = {"code": error.code or code, "message": error.message}
    said = {"code": code, "message": error.message, "innererror": inner}
    return {"id": name, "error": said}


def _wanted(found: Found, names: Collection[str]) -> Found:
    entities = [one for one in found.entities if one.name in names]
    return replace(
        found, entities=entities, dropped=[one for one in found.dropped if one.label in names]
    )


def _document(text: str, found: Found, asked: Asked) -> dict[str, Any]:
    ruler = Ruler(text, asked.unit)
    document: dict[str, Any] = {"entities": [_entity(one, ruler) for one in found.entities]}
    if asked.is_personal:
        placed = [Placed(one.name, one.start, one.end) for one in found.entities]
        document["redactedText"] = starred(text, placed, found.dropped)
    return document


def _entity(one: Entity, ruler: Ruler) -> dict[str, Any]:
    start = ruler(one.start)
    return {
        "text": one.text,
        "category": one.name,
        "offset": start,
        "length": ruler(one.end) - start,
        "confidenceScore": one.score,
    }
