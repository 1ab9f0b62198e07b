"""Azure's text analytics: ``TextAnalyticsClient(…).recognize_entities`` and
``recognize_pii_entities``, as its language API has them (``/language/:analyze-text``)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from service.doors.asked import TextOrFault, at_most, field, optional, strings, text_or_fault
from service.doors.finding import Entities, Entity, Finder
from service.errors import InvalidRequest
from service.ner.offsets import Ruler
from service.wire.json_object import JsonObject
from service.wire.request_errors import as_text
from service.wire.requests import Offsets
from service.wire.responses import ErrorBody
from service.wire.wording import shown

PATH = "/language/:analyze-text"
# https://learn.microsoft.com/azure/ai-services/language-service/concepts/data-limits
MOST_TEXTS = 5
LONGEST_TEXT = 5120

_UNITS: Mapping[str, Offsets] = {"UnicodeCodePoint": "codepoint", "Utf16CodeUnit": "utf16"}
_RESULTS = {
    "EntityRecognition": "EntityRecognitionResults",
    "PiiEntityRecognition": "PiiEntityRecognitionResults",
}
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
        asked = _Asked.read(raw)
        finder = self.personal if asked.is_personal else self.entities
        found = await finder.many([text for _, text in asked.documents])
        return JSONResponse({"kind": _RESULTS[asked.kind], "results": _results(asked, found)})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is taken out of a body: each document's id and text; the categories that are wanted,
    all if none is named."""

    kind: str
    documents: Sequence[tuple[str, TextOrFault]]
    unit: Offsets
    wanted: Collection[str]

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Raises InvalidRequest, MalformedBody."""
        values = JsonObject.read(raw).values
        kind = field(values, "kind", str)
        if kind not in _RESULTS:
            raise InvalidRequest(f"kind has {shown(kind)}; expected one of {', '.join(_RESULTS)}")
        parameters = optional(values, "parameters", dict, {})
        documents = [
            (document["id"], _text(document, f"documents[{place}].text"))
            for place, document in enumerate(_documents(values))
        ]
        return cls(kind, documents, _unit(parameters), strings(parameters, "piiCategories"))

    @property
    def is_personal(self) -> bool:
        """Are only personal entities asked for?"""
        return self.kind.startswith("Pii")


def _results(asked: _Asked, found: Sequence[Entities | ErrorBody]) -> dict[str, Any]:
    good, bad = [], []
    for (name, text), entities in zip(asked.documents, found, strict=True):
        if isinstance(entities, ErrorBody):
            bad.append(_error(name, entities))
        elif isinstance(text, str):
            kept = [one for one in entities if not asked.wanted or one.name in asked.wanted]
            good.append({"id": name, **_document(text, kept, asked)})
    return {"documents": good, "errors": bad, "modelVersion": "latest"}


def _documents(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Raises InvalidRequest for what the original refuses as a whole."""
    documents = field(field(values, "analysisInput", dict), "documents", list)
    at_most(documents, MOST_TEXTS, "documents", "InvalidDocumentBatch")
    for document in documents:
        if not isinstance(document, dict):
            raise InvalidRequest("documents has what is no document", code="InvalidDocumentBatch")
        as_text(document.get("id"), "documents.id")
    if len({document["id"] for document in documents}) < len(documents):
        raise InvalidRequest("documents has an id twice", code="InvalidDocumentBatch")
    return documents


def _unit(parameters: dict[str, Any]) -> Offsets:
    """Code points where nothing is said: a grapheme, the original's default, has no unit here."""
    given = optional(parameters, "stringIndexType", str, "UnicodeCodePoint")
    if given not in _UNITS:
        raise InvalidRequest(
            f"stringIndexType has {shown(given)}; expected one of {', '.join(_UNITS)}",
            param="stringIndexType",
        )
    return _UNITS[given]


def _text(document: dict[str, Any], name: str) -> TextOrFault:
    """The text of one document, or what the original says of it. A language is not looked at:
    models here read what they were trained on."""
    text = document.get("text")
    if not isinstance(text, str) or not text.strip():
        return _said("Document text is empty.", "InvalidDocument")
    if len(text) > LONGEST_TEXT:
        return _said(f"A document has up to {LONGEST_TEXT} characters.", "InvalidDocument")
    if not isinstance(document.get("language") or "", str):
        return _said("A language is a code such as zh.", "UnsupportedLanguageCode")
    return text_or_fault(text, name)


def _said(message: str, code: str) -> ErrorBody:
    return ErrorBody(message=message, type=InvalidRequest.type, param="documents", code=code)


def _error(name: str, error: ErrorBody) -> dict[str, Any]:
    code = "InvalidArgument" if error.type == InvalidRequest.type else "InternalServerError"
    inner = {"code": error.code or code, "message": error.message}
    said = {"code": code, "message": error.message, "innererror": inner}
    return {"id": name, "error": said}


def _document(text: str, entities: Entities, asked: _Asked) -> dict[str, Any]:
    ruler = Ruler(text, asked.unit)
    found: dict[str, Any] = {
        "entities": [_entity(one, ruler) for one in entities],
        "warnings": [],
    }
    if asked.is_personal:
        found["redactedText"] = _redacted(text, entities)
    return found


def _entity(one: Entity, ruler: Ruler) -> dict[str, Any]:
    start = ruler(one.start)
    return {
        "text": one.text,
        "category": one.name,
        "offset": start,
        "length": ruler(one.end) - start,
        "confidenceScore": one.score,
    }


def _redacted(text: str, entities: Entities) -> str:
    """Each entity as so many ``*`` as it has characters."""
    parts, done = [], 0
    for one in entities:
        parts += [text[done : one.start], "*" * (one.end - one.start)]
        done = one.end
    return "".join([*parts, text[done:]])
