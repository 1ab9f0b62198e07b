"""``POST /redact``: a text with its entities masked."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.extraction.extract import Extract
from service.extraction.respond import respond
from service.ner.types import Entity
from service.wire.requests import RedactRequest
from service.wire.responses import ManyRedacted, RedactResponse


@dataclass(frozen=True, slots=True)
class Redact:
    """An extraction whose answers have the masked text too. Raises NerveError."""

    extract: Extract

    async def __call__(self, request: RedactRequest) -> RedactResponse | ManyRedacted:
        """A text of which a part could not be extracted is an error: it might not be masked."""
        asked, budget = self.extract.resolve(request), self.extract.budget()

        async def one(text: str) -> RedactResponse:
            found = await self.extract.find(text, asked, budget)
            if found.failed:
                raise found.failed[0].error
            answer = respond(asked.served.name, text, found, request.offsets)
            masked = redacted(text, found.entities, request.mask)
            return RedactResponse(redacted=masked, **dict(answer))

        if request.texts is not None:
            return ManyRedacted(results=await self.extract.each(request.texts, one))
        return await one(request.only_text())


def redacted(text: str, entities: Sequence[Entity], mask: str) -> str:
    """``text`` with ``mask`` in place of each entity; ``{label}`` and ``{LABEL}`` in it are the
    entity's label. Entities are sorted and do not overlap."""
    parts, done = [], 0
    for entity in entities:
        shown = mask.replace("{label}", entity.label).replace("{LABEL}", entity.label.upper())
        parts += [text[done : entity.start], shown]
        done = entity.end
    return "".join([*parts, text[done:]])
