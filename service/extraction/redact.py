"""``POST /redact``: a text with its entities masked."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import InvalidRequest, RequestTooLarge
from service.extraction.aside import LONG, MANY, aside
from service.extraction.extract import Extract
from service.extraction.masks import NUMBER, PLACEHOLDERS, Masks, unknown
from service.extraction.text.joining import Found
from service.ner.fold import Folded, fold
from service.ner.masking import places, united
from service.ner.types import Dropped, Entity
from service.wire.requests import RedactRequest
from service.wire.responses import ManyRedacted, RedactResponse
from service.wire.wording import meant, shown

# A masked text is no longer than so many times the text, or that many characters: one word of a
# long text can stand in it hundreds of thousands of times, and a mask have a label often.
_MOST_TIMES = 8
_MOST_OF_SHORT = 100_000


@dataclass(frozen=True, slots=True)
class Redact:
    """An extraction whose answers have the masked text too. Raises NerveError."""

    extract: Extract

    async def __call__(self, request: RedactRequest) -> RedactResponse | ManyRedacted:
        """A text of which a part could not be extracted is an error: it might not be masked."""
        _check(request)
        asked, budget = self.extract.resolve(request), self.extract.budget()

        async def one(text: str) -> RedactResponse:
            found = await self.extract.find(text, asked, budget)
            if found.failed:
                raise found.failed[0].error
            answer = await self.extract.respond(text, asked, found, request.offsets)
            is_much = len(text) > LONG or len(found.entities) + len(found.dropped) > MANY
            redacted, surfaces = await aside(is_much, masked, text, found, request)
            return RedactResponse(
                redacted=redacted, map=surfaces if request.map else None, **dict(answer)
            )

        if request.texts is not None:
            return ManyRedacted(results=await self.extract.each(request.texts, one))
        return await one(request.only_text())


def _check(request: RedactRequest) -> None:
    """Raises InvalidRequest for a mask with an unknown placeholder, one that cannot be numbered, or
    not be told in a map."""
    word = unknown(request.mask)
    if word is not None:
        raise InvalidRequest(
            f"mask has {shown(request.mask)}, where {word} is no placeholder"
            f"{meant(word, PLACEHOLDERS)}; expected {', '.join(PLACEHOLDERS)}, or {{{word}}} for "
            "the word in braces itself",
            param="mask",
        )
    numbers = request.mask.count(NUMBER)
    if numbers > 1:
        raise InvalidRequest(f"mask has {NUMBER} {numbers} times; expected it once", param="mask")
    if request.map and not numbers:
        raise InvalidRequest(
            f"map is true; expected a mask with {NUMBER}, such as '[{{LABEL}}_{NUMBER}]'",
            param="map",
        )


def masked(text: str, found: Found, request: RedactRequest) -> tuple[str, dict[str, str]]:
    """The masked text, and what each of its numbered masks stands for; raises RequestTooLarge."""
    folded = fold(text)
    # A map says which spelling a mask stands for, so each has its own.
    masks = Masks(request.mask, text, any_case=request.ignore_case and not request.map)
    placed = [
        (folded.entity(place), masks.of(place.label, folded.text[place.start : place.end]))
        for place in _whole(folded, found.entities, found.dropped, any_case=request.ignore_case)
    ]
    most = max(_MOST_TIMES * len(text), _MOST_OF_SHORT)
    if sum(len(mask) for _, mask in placed) > most:
        raise RequestTooLarge(
            f"mask makes {len(text)} characters longer than {most}; expected a shorter one, or "
            "shorter labels",
            param="mask",
        )
    return _with_masks(text, placed), masks.surfaces


def starred(text: str, entities: Sequence[Entity], dropped: Sequence[Dropped]) -> str:
    """``text`` with a ``*`` for each character of the places that ``masked`` would mask."""
    folded = fold(text)
    placed = [folded.entity(place) for place in _whole(folded, entities, dropped)]
    return _with_masks(text, [(place, "*" * (place.end - place.start)) for place in placed])


def _whole(
    folded: Folded,
    entities: Sequence[Entity],
    dropped: Sequence[Dropped],
    *,
    any_case: bool = False,
) -> list[Entity]:
    """What to mask in the folded text. A character of which folding made several (``ﬁ``) is masked
    as a whole: half of it cannot be left, and a map has to have all of it."""
    read = [folded.read(entity) for entity in entities]
    found = places(folded.text, read, dropped, any_case=any_case)
    return list(united([folded.read(folded.entity(place)) for place in found]))


def _with_masks(text: str, masked: Sequence[tuple[Entity, str]]) -> str:
    """``text`` with each place's mask instead of it. Places are sorted and do not overlap."""
    parts, done = [], 0
    for place, mask in masked:
        parts += [text[done : place.start], mask]
        done = place.end
    return "".join([*parts, text[done:]])
