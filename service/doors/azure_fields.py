"""What is taken out of a request to Azure's text analytics, within the original's limits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from service.doors.asked import TextOrFault, at_most, field, only, optional, strings, text_or_fault
from service.errors import InvalidRequest
from service.wire.json_object import JsonObject
from service.wire.request_errors import as_text
from service.wire.requests import Offsets
from service.wire.responses import ErrorBody
from service.wire.wording import shown

# https://learn.microsoft.com/azure/ai-services/language-service/concepts/data-limits
MOST_TEXTS = 5
LONGEST_TEXT = 5120
RESULTS: Mapping[str, str] = {
    "EntityRecognition": "EntityRecognitionResults",
    "PiiEntityRecognition": "PiiEntityRecognitionResults",
}

_UNITS: Mapping[str, Offsets] = {"UnicodeCodePoint": "codepoint", "Utf16CodeUnit": "utf16"}
_EVERY = frozenset({"all", "default"})
# There is one model, which keeps nothing and knows no domains.
_WITHOUT_EFFECT: Mapping[str, type] = {"modelVersion": str, "loggingOptOut": bool, "domain": str}
_PARAMETERS: Mapping[str, Collection[str]] = {
    "EntityRecognition": ("stringIndexType", "modelVersion", "loggingOptOut"),
    "PiiEntityRecognition": ("stringIndexType", "piiCategories", *_WITHOUT_EFFECT),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Each document's id and text; ``categories`` as the client wrote them, empty for all."""

    kind: str
    documents: Sequence[tuple[str, TextOrFault]]
    unit: Offsets
    categories: Collection[str]

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Raises InvalidRequest, MalformedBody."""
        values = JsonObject.read(raw).values
        kind = field(values, "kind", str)
        if kind not in RESULTS:
            raise InvalidRequest(f"kind has {shown(kind)}; expected one of {', '.join(RESULTS)}")
        only(values, ("kind", "analysisInput", "parameters"), kind)
        parameters = _parameters(values, kind)
        documents = [
            (document["id"], _text(document, f"documents[{place}].text"))
            for place, document in enumerate(_documents(values))
        ]
        return cls(kind, documents, _unit(parameters), strings(parameters, "piiCategories"))

    @property
    def is_personal(self) -> bool:
        """Are only personal entities asked for?"""
        return self.kind.startswith("Pii")

    def wanted(self, known: Sequence[str]) -> Collection[str]:
        """Those of the names that are ``known`` here that are asked for; raises InvalidRequest
        where there is none. The original's other categories may stand beside them."""
        asked = {name.casefold() for name in self.categories}
        if not asked or asked & _EVERY:
            return known
        found = [name for name in known if name.casefold() in asked]
        if known and not found:
            raise InvalidRequest(
                f"piiCategories has {shown(sorted(self.categories))}; expected one of "
                f"{', '.join(known)}, or All",
                param="piiCategories",
                code="InvalidParameterValue",
            )
        return found

    def unknown(self, known: Collection[str]) -> list[str]:
        """The categories that are neither ``known`` here nor all of them."""
        names = {name.casefold() for name in known} | _EVERY
        return sorted(name for name in self.categories if name.casefold() not in names)


def _parameters(values: dict[str, Any], kind: str) -> dict[str, Any]:
    given = optional(values, "parameters", dict, {})
    only(given, _PARAMETERS[kind], "parameters")
    for name, expected in _WITHOUT_EFFECT.items():
        optional(given, name, expected, expected())
    return given


def _documents(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Raises InvalidRequest for what the original refuses as a whole."""
    given = field(values, "analysisInput", dict)
    only(given, ("documents",), "analysisInput")
    documents = field(given, "documents", list)
    at_most(documents, MOST_TEXTS, "documents", "InvalidDocumentBatch")
    for document in documents:
        if not isinstance(document, dict):
            raise InvalidRequest("documents has what is no document", code="InvalidDocumentBatch")
        only(document, ("id", "language", "text"), "a document")
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
