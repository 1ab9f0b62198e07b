"""A text of any length: folded, cut, extracted side by side, put together with offsets in the text
as received.

What a request may have of the engine at a time is bounded, so that a long text does not keep the
others waiting; and a chunk that failed is named, never missing in silence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace

from service.errors import EngineTimeout, EngineUnavailable, NerveError
from service.extraction.aside import LONG, aside
from service.extraction.chunk_work import Asked, ChunkWork, Extracted
from service.extraction.side_by_side import side_by_side
from service.models.registry import Served
from service.ner.chunk import Chunk, chunks
from service.ner.fold import Folded, fold
from service.ner.types import Dropped, Entity, Overlaps
from service.settings import Settings

# Of a run of text without sentence or clause, each chunk shows so much of the next, in characters.
OVERLAP = 32

Work = Callable[[int, float], Awaitable[Extracted]]
Hear = Callable[[int, Extracted | NerveError], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """What one request may have of the engine: completions ``at_once``, each until ``deadline()``,
    on the event loop's clock."""

    at_once: asyncio.Semaphore
    deadline: Callable[[], float]


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


def chunk_chars(served: Served, settings: Settings) -> int:
    """The length of a chunk, in code points: the adapter's, or what a base model has room for.

    A code point has up to four tokens, so an eighth of the window fills half of it at most; and an
    answer can have twice as many tokens as the text has characters.
    """
    if served.adapter is not None:
        return served.adapter.max_chars
    return max(min(settings.max_model_len // 8, settings.max_tokens // 2), 1)


@dataclass(frozen=True, slots=True)
class LongText:
    """Called with a text, it gives what came of it; a short text is one chunk."""

    settings: Settings
    work: ChunkWork

    async def __call__(self, asked: Asked, text: str, budget: Budget) -> Found:
        """Raises what the first chunk raised if none could be extracted; see ChunkWork."""
        folded = await self.fold(text)
        pieces = await self.cut(asked, folded.text)

        async def work(place: int, deadline: float) -> Extracted:
            return await self.work(asked, pieces[place], deadline)

        results = await self.each(len(pieces), budget, work)

        def whole() -> Found:
            return unfolded(joined(pieces, results, asked.overlaps), folded)

        return await aside(len(text) > LONG, whole)

    async def fold(self, text: str) -> Folded:
        """What the model reads, and where it stands in ``text``."""
        with self.work.metrics.stage("fold"):
            return await aside(len(text) > LONG, fold, text)

    async def cut(self, asked: Asked, text: str) -> list[Chunk]:
        """The chunks of a folded text that are not blank."""
        with self.work.metrics.stage("chunk"):
            return await self._cut(asked, text)

    async def _cut(self, asked: Asked, text: str) -> list[Chunk]:
        size = chunk_chars(asked.served, self.settings)
        if len(text) <= size:
            found = [Chunk.whole(text)]
        else:
            found = await aside(len(text) > LONG, chunks, text, size, OVERLAP)
        return [chunk for chunk in found if chunk.text and not chunk.text.isspace()]

    async def each(
        self, pieces: int, budget: Budget, work: Work, heard: Hear = lambda *_: None
    ) -> list[Extracted | NerveError]:
        """The results of so many pieces, in order; ``work`` is called with a piece's place in them,
        and ``heard`` with its result, as soon as it is there.

        Once more pieces than are under way at a time have found no engine, one after the other, it
        is not looked for any more.
        """
        if pieces == 1:
            heard(0, result := await self._result(0, budget, work))
            return [result]
        at_once = self.settings.request_concurrency
        in_vain: list[NerveError] = []

        async def one(place: int) -> Extracted | NerveError:
            if len(in_vain) > at_once:
                result: Extracted | NerveError = in_vain[-1]
            else:
                result = await self._result(place, budget, work)
                if isinstance(result, EngineUnavailable):
                    in_vain.append(result)
                elif not isinstance(result, NerveError):
                    in_vain.clear()
            heard(place, result)
            return result

        return await side_by_side(one, range(pieces), at_once)

    async def _result(self, place: int, budget: Budget, work: Work) -> Extracted | NerveError:
        """What came of a piece. One for which nothing was generated is tried again, once: a
        document should not lack a piece because a connection closed."""
        try:
            async with budget.at_once:
                deadline = budget.deadline()
                self._check(deadline)
                try:
                    return await work(place, deadline)
                except EngineUnavailable:
                    return await work(place, deadline)
        except NerveError as exc:
            return exc

    def _check(self, deadline: float) -> None:
        """Raises EngineTimeout when it has passed: the engine need not be asked in vain."""
        if asyncio.get_running_loop().time() >= deadline:
            raise EngineTimeout(
                f"the deadline of {self.settings.deadline_s:g} s passed before the engine was asked"
            )


def unfolded(found: Found, folded: Folded) -> Found:
    """``found`` in the folded text, with offsets in the text as received."""
    if not folded.steps:
        return found
    return replace(
        found,
        entities=tuple(map(folded.entity, found.entities)),
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
        moved = _moved(entity, piece.offset)
        if not piece.start <= moved.start < piece.end:
            return
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


def _moved(entity: Entity, offset: int) -> Entity:
    if not offset:
        return entity
    return replace(entity, start=entity.start + offset, end=entity.end + offset)
