"""Presidio's analyzer: ``/analyze``, ``/supportedentities``, ``/recognizers``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from service.doors.asked import field, one_or_many, only, optional, strings
from service.doors.finding import Entity, Finder, headers, whole
from service.errors import InvalidRequest
from service.extraction.aside import read_aside
from service.extraction.written import said
from service.wire.json_object import JsonObject
from service.wire.responses import ErrorBody
from service.wire.wording import shown

PATHS = ("/analyze", "/supportedentities", "/recognizers")
RECOGNIZER = "NerveRecognizer"

_MOST = 256
# There is one recognizer, and what it decides by is a model's.
_WITHOUT_EFFECT: Mapping[str, type] = {
    "correlation_id": str,
    "return_decision_process": bool,
    "context": list,
    "regex_flags": int,
}
_FIELDS = (
    *("text", "language", "entities", "score_threshold", "allow_list", "allow_list_match"),
    *(*_WITHOUT_EFFECT, "ad_hoc_recognizers"),
)

Filter = Callable[[str, str, float], bool]


def knows(scope: Scope) -> bool:
    """Is this request for this door?"""
    return scope["path"] in PATHS


def says(_: Scope, status: int, error: ErrorBody) -> Response:
    """As the original: one string."""
    return JSONResponse({"error": error.message}, status)


async def answer(finder: Finder, raw: bytes) -> Response:
    """The entities of a text, or of each in a list. Raises NerveError."""
    texts, is_kept = await read_aside(raw, lambda raw: _read(finder.known(), raw))
    if isinstance(texts, str):
        found = [await finder.one(texts)]
    else:
        found = [whole(one, "text") for one in await finder.many(texts)]

    def shape() -> object:
        several = [
            [_result(one) for one in each.entities if is_kept(one.name, one.text, one.score)]
            for each in found
        ]
        return several[0] if isinstance(texts, str) else several

    response = await said(shape, sum(len(one.entities) for one in found))
    response.headers.update(headers(found))
    return response


def _read(known: Sequence[str], raw: bytes) -> tuple[str | list[str], Filter]:
    values = JsonObject.read(raw).values
    only(values, _FIELDS, "analyze")
    for name, kind in _WITHOUT_EFFECT.items():
        optional(values, name, kind, kind())
    is_kept = _filter(known, values)
    return one_or_many(values, "text", _MOST), is_kept


def _filter(known: Sequence[str], values: dict[str, Any]) -> Filter:
    """Is an entity of that name, text and score asked for? Raises InvalidRequest."""
    field(values, "language", str)
    if values.get("ad_hoc_recognizers"):
        raise InvalidRequest("ad_hoc_recognizers is there; expected none: they are Presidio's own")
    if optional(values, "allow_list_match", str, "exact") != "exact":
        raise InvalidRequest("allow_list_match expects exact", param="allow_list_match")
    wanted = _wanted(known, strings(values, "entities"))
    allowed = strings(values, "allow_list")
    least = values.get("score_threshold") or 0
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise InvalidRequest(
            f"score_threshold has {shown(least)}; expected a number from 0 to 1",
            param="score_threshold",
        )
    return lambda name, text, score: name in wanted and text not in allowed and score >= least


def _wanted(known: Sequence[str], asked: Collection[str]) -> Sequence[str]:
    wanted = [name for name in known if not asked or name in asked]
    if not wanted:
        raise InvalidRequest(
            f"No matching recognizers were found to serve the request: entities are "
            f"{', '.join(known)}",
            param="entities",
        )
    return wanted


def _result(one: Entity) -> dict[str, Any]:
    return {
        "entity_type": one.name,
        "start": one.start,
        "end": one.end,
        "score": one.score,
        "analysis_explanation": None,
        "recognition_metadata": {"recognizer_name": RECOGNIZER},
    }
