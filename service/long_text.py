"""A text of any length: cut, extracted side by side, put together with offsets in the text.

What a request may have of the engine at a time is bounded, so that a long text does not keep the
others waiting; and a chunk that failed is named, never missing in silence.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from service.chunk_work import Asked, ChunkWork, Extracted
from service.errors import EngineTimeout, EngineUnavailable, NerveError
from service.ner.chunk import Chunk, chunks
from service.ner.types import Dropped, Entity
from service.registry import Served
from service.settings import Settings
from service.side_by_side import side_by_side

# Of a run of text without sentence or clause, each chunk shows so much of the next, in characters.
OVERLAP = 32
# Cutting a longer text takes milliseconds, which other requests need not wait for.
CUT_ASIDE = 20_000


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
    """What came of a text. Entities have offsets in it, are sorted and do not overlap."""

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
        with self.work.metrics.stage("chunk"):
            pieces = await self._cut(asked, text)
        if not pieces:
            return Found()
        if len(pieces) == 1:
            return joined(pieces, [await self._tried(asked, pieces[0], budget)])
        results = await self._side_by_side(asked, pieces, budget)
        if all(isinstance(result, NerveError) for result in results):
            raise next(result for result in results if isinstance(result, NerveError))
        return joined(pieces, results)

    async def _cut(self, asked: Asked, text: str) -> list[Chunk]:
        """The chunks that are not blank."""
        size = chunk_chars(asked.served, self.settings)
        if len(text) <= size:
            found = [Chunk.whole(text)]
        elif len(text) <= CUT_ASIDE:
            found = chunks(text, size, OVERLAP)
        else:
            found = await asyncio.to_thread(chunks, text, size, OVERLAP)
        return [chunk for chunk in found if chunk.text and not chunk.text.isspace()]

    async def _side_by_side(
        self, asked: Asked, pieces: Sequence[Chunk], budget: Budget
    ) -> list[Extracted | NerveError]:
        """One result a piece, in order. Once more pieces than are under way at a time have found
        no engine, one after the other, it is not looked for any more."""
        at_once = self.settings.request_concurrency
        in_vain: list[NerveError] = []

        async def one(piece: Chunk) -> Extracted | NerveError:
            if len(in_vain) > at_once:
                return in_vain[-1]
            try:
                result = await self._tried(asked, piece, budget)
            except EngineUnavailable as exc:
                in_vain.append(exc)
                return exc
            except NerveError as exc:
                return exc
            in_vain.clear()
            return result

        return await side_by_side(one, pieces, at_once)

    async def _tried(self, asked: Asked, chunk: Chunk, budget: Budget) -> Extracted:
        """What came of a chunk. One for which nothing was generated is tried again, once: a
        document should not lack a piece because a connection closed."""
        async with budget.at_once:
            deadline = budget.deadline()
            self._check(deadline)
            try:
                return await self.work(asked, chunk, deadline)
            except EngineUnavailable:
                return await self.work(asked, chunk, deadline)

    def _check(self, deadline: float) -> None:
        """Raises EngineTimeout when it has passed: the engine need not be asked in vain."""
        if asyncio.get_running_loop().time() >= deadline:
            raise EngineTimeout(
                f"the deadline of {self.settings.deadline_s:g} s passed before the engine was asked"
            )


def joined(pieces: Sequence[Chunk], results: Sequence[Extracted | NerveError]) -> Found:
    """The results of the pieces, with offsets in the text; linear time.

    Of two entities that overlap at a seam, the later is dropped.
    """
    entities: list[Entity] = []
    dropped: list[Dropped] = []
    done: list[Extracted] = []
    failed: list[Failed] = []
    for piece, result in zip(pieces, results, strict=True):
        if isinstance(result, NerveError):
            failed.append(Failed(piece.start, piece.end, result))
            continue
        done.append(result)
        dropped += result.dropped
        for entity in result.entities:
            start = piece.offset + entity.start
            if not piece.start <= start < piece.end:
                continue  # its other piece answers for it
            if entities and start < entities[-1].end:
                surface = piece.text[entity.start : entity.end]
                dropped.append(Dropped(entity.label, surface, "overlap"))
            else:
                entities.append(_moved(entity, piece.offset))
    return Found(
        entities=tuple(entities),
        dropped=tuple(dropped),
        failed=tuple(failed),
        truncated=any(result.truncated for result in done),
        prompt_tokens=sum(result.prompt_tokens for result in done),
        completion_tokens=sum(result.completion_tokens for result in done),
    )


def _moved(entity: Entity, offset: int) -> Entity:
    if not offset:
        return entity
    return replace(entity, start=entity.start + offset, end=entity.end + offset)
