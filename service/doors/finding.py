"""Entities for a door: its names for labels, a number for every score, nothing lost in silence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.doors.asked import TextOrFault
from service.doors.label_names import LabelNames
from service.errors import EngineUnavailable, InvalidRequest, NerveError, RequestTooLarge
from service.extraction import shapes
from service.extraction.aside import MANY, aside
from service.extraction.extract import Extract
from service.extraction.shapes import check_room, check_whole
from service.extraction.written import size
from service.guard.concurrency import ConcurrencyLimit
from service.models.registry import Served
from service.ner.types import Dropped
from service.wire.dialects import number
from service.wire.requests import ExtractRequest
from service.wire.responses import ErrorBody, ErrorResponse, ExtractResponse, ManyResponse


@dataclass(frozen=True, slots=True)
class Entity:
    """``name`` is the label's at the door; ``[start, end)`` in code points."""

    name: str
    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a text: labels, of what was dropped too, are the door's; None where there is
    none."""

    entities: Sequence[Entity]
    dropped: Sequence[Dropped]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Finder:
    """One door's way to the use case; holds a place while it works. ``is_personal``: what is not
    found may be shown to somebody, so a truncated text is an error."""

    extract: Extract
    concurrency: ConcurrencyLimit
    names: LabelNames
    is_personal: bool

    async def one(self, text: str, model: str | None = None) -> Found:
        """What is found in a text. Raises NerveError."""
        request = self._request(model, text=text)
        with self.concurrency:
            answer = await self.extract(request)
        assert isinstance(answer, ExtractResponse), "one text, one answer"
        return await aside(size(answer) > MANY, self._named, answer)

    async def many(
        self, texts: Sequence[TextOrFault], model: str | None = None
    ) -> list[Found | ErrorBody]:
        """What is found, or an error, for each text in order. Raises NerveError."""
        good = [text for text in texts if isinstance(text, str)]
        found = iter(await self._found(good, model))
        return [next(found) if isinstance(text, str) else text for text in texts]

    async def _found(self, texts: Sequence[str], model: str | None) -> list[Found | ErrorBody]:
        request = self._request(model, texts=texts)
        with self.concurrency:
            answer = await self.extract(request)
        assert isinstance(answer, ManyResponse), "several texts, several answers"
        is_much = size(answer) > MANY
        return [await aside(is_much, self._or_error, one) for one in answer.results]

    def known(self, model: str | None = None) -> list[str]:
        """The names, at this door, of what ``model`` finds. Raises ModelNotFound."""
        served = self.extract.registry.resolve(model)
        names = (self.names.of(label.name) for label in served.labels)
        return list(dict.fromkeys(name for name in names if name))

    def _request(self, model: str | None, **texts: object) -> ExtractRequest:
        served = self.extract.registry.resolve(model)
        # Not checked as a caller's: the labels are the model's own, however many it has.
        fields: dict[str, Any] = {"model": model, "labels": self._wanted(served), **texts}
        return self.extract.comparable(ExtractRequest.model_construct(None, **fields))

    def _wanted(self, served: Served) -> list[str] | Mapping[str, str] | None:
        """The labels that have a name here; None when all have one. Raises InvalidRequest."""
        wanted = [label for label in served.labels if self.names.of(label.name)]
        if len(wanted) == len(served.labels):
            return None
        if not wanted:
            labels = ", ".join(label.name for label in served.labels)
            raise InvalidRequest(
                f"no label of {served.name} ({labels}) has a name here; "
                "NERVE_LABEL_NAMES can give it one"
            )
        if served.is_open:
            return {label.name: label.description for label in wanted}
        return [label.name for label in wanted]

    def _or_error(self, answer: ExtractResponse | ErrorResponse) -> Found | ErrorBody:
        if isinstance(answer, ErrorResponse):
            return answer.error
        try:
            return self._named(answer)
        except NerveError as exc:
            return ErrorBody.of(exc)

    def _named(self, answer: ExtractResponse) -> Found:
        """Raises as ``check_whole``, and RequestTooLarge for a truncated text where that matters:
        no shape here could say so."""
        check_whole(answer)
        if self.is_personal:
            check_room(answer.truncated)
        named = ((self.names.of(entity.label), entity) for entity in answer.entities)
        entities = [
            Entity(name, found.text, found.start, found.end, number(found.score))
            for name, found in named
            if name
        ]
        dropped = [
            Dropped(self.names.of(one.label) if one.label else None, one.text, one.reason)
            for one in answer.dropped
        ]
        return Found(entities, dropped, answer.truncated)


def headers(found: Sequence[Found]) -> dict[str, str]:
    """What the shapes cannot say of an answer's texts."""
    return shapes.headers(
        any(one.truncated for one in found), sum(len(one.dropped) for one in found)
    )


def whole(found: Found | ErrorBody, name: str) -> Found:
    """For a list of answers that has no place for an error: raises InvalidRequest or
    RequestTooLarge for the field ``name``, or EngineUnavailable."""
    if not isinstance(found, ErrorBody):
        return found
    for theirs in (InvalidRequest, RequestTooLarge):
        if found.type == theirs.type:
            raise theirs(found.message, param=name)
    raise EngineUnavailable(found.message)
