"""The results of a text's pieces, put together with offsets in the text as received."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace

from service.errors import NerveError
from service.extraction.text.chunk_work import Extracted
from service.ner.chunk import Chunk
from service.ner.fold import Folded
from service.ner.types import Dropped, Entity, Overlaps
from service.ner.unfolding import unfolded


@dataclass(frozen=True, slots=True)
class Failed:
    """A part of the text that was not extracted: ``[start, end)`` in code points, and why."""

    start: int
    end: int
    error: NerveError


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a text. Entities have offsets in it, are sorted; they overlap only if asked."""

    entities: tuple[Entity, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    failed: tuple[Failed, ...] = ()
    truncated: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0


def as_received(found: Found, folded: Folded, overlaps: Overlaps) -> Found:
    """``found`` in the folded text, with offsets in the text as received."""
    if not folded.steps:
        return found
    entities, dropped = unfolded(found.entities, folded, overlaps)
    return replace(
        found,
        entities=entities,
        dropped=found.dropped + dropped,
        failed=tuple(
            Failed(folded.cut(part.start), folded.cut(part.end), part.error)
            for part in found.failed
        ),
    )


def joined(
    pieces: Sequence[Chunk], results: Sequence[Extracted | NerveError], overlaps: Overlaps
) -> Found:
    """The results of the pieces, with offsets in their text; linear time. Raises the first error if
    there is nothing else."""
    joining, entities, dropped = Joining(overlaps), list[Entity](), list[Dropped]()
    for piece, result in zip(pieces, results, strict=True):
        for placed in joining.add(piece, result):
            if isinstance(placed, Entity):
                entities.append(placed)
            else:
                dropped.append(placed)
    return replace(joining.found(), entities=tuple(entities), dropped=tuple(dropped))


class Joining:
    """Puts pieces together, one after the other, with offsets in the text.

    Of two entities that overlap at a seam, that of the later piece is dropped, unless overlaps are
    wanted.
    """

    def __init__(self, overlaps: Overlaps) -> None:
        self._may_overlap = overlaps == "all"
        self._seam = self._end = 0  # where the entities end: of the pieces before, and of this one
        self._done: list[Extracted] = []
        self._failed: list[Failed] = []

    def add(
        self, piece: Chunk, result: Extracted | NerveError, told: Container[Entity] = ()
    ) -> Iterator[Entity | Dropped]:
        """What came of the next piece, but for the entities that were ``told``."""
        if isinstance(result, NerveError):
            self._failed.append(Failed(piece.start, piece.end, result))
        else:
            self._done.append(result)
            yield from result.dropped
            for entity in result.entities:
                if entity not in told:
                    yield from self.place(piece, entity)
        self._seam = self._end

    def place(self, piece: Chunk, entity: Entity) -> Iterator[Entity | Dropped]:
        """An entity of the next piece; nothing if its other piece answers for it."""
        if not is_of(piece, entity):
            return
        moved = _moved(entity, piece.offset)
        if moved.start < self._seam and not self._may_overlap:
            surface = piece.text[entity.start : entity.end]
            yield Dropped(entity.label, surface, "overlap")
        else:
            self._end = max(self._end, moved.end)
            yield moved

    def found(self) -> Found:
        """What there is to say beside that; raises the first error if every piece failed."""
        if self._failed and not self._done:
            raise self._failed[0].error
        return Found(
            failed=tuple(self._failed),
            truncated=any(result.truncated for result in self._done),
            prompt_tokens=sum(result.prompt_tokens for result in self._done),
            completion_tokens=sum(result.completion_tokens for result in self._done),
        )


def is_of(piece: Chunk, entity: Entity) -> bool:
    """Does the piece answer for it? Else a neighbour that shows it, too, does."""
    return piece.start <= entity.start + piece.offset < piece.end


def _moved(entity: Entity, offset: int) -> Entity:
    if not offset:
        return entity
    return replace(entity, start=entity.start + offset, end=entity.end + offset)
