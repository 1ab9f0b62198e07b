"""A text of any length: folded, cut, extracted side by side, put together with offsets in the text
as received.

What a request may have of the engine at a time is bounded, so that a long text does not keep the
others waiting; and a chunk that failed is named, never missing in silence.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from service.errors import EngineTimeout, EngineUnavailable, NerveError
from service.extraction.aside import LONG, MANY, aside
from service.extraction.side_by_side import side_by_side
from service.extraction.text.allowance import Allowance
from service.extraction.text.asked import Asked
from service.extraction.text.chunk_work import ChunkWork, Extracted
from service.extraction.text.joining import Found, as_received, is_of, joined
from service.models.registry import Served
from service.ner.chunk import Chunk, chunks
from service.ner.fold import Folded, fold
from service.settings import Settings

# Of a run of text without sentence or clause, each chunk shows so much of the next, in characters.
OVERLAP = 32

Work = Callable[[int, float], Awaitable[Extracted]]
Hear = Callable[[int, Extracted | NerveError], None]


@dataclass(frozen=True, slots=True)
class Budget:
    """What one request may have: completions ``at_once``, each until ``deadline()``, on the event
    loop's clock, and so much in its answer."""

    at_once: asyncio.Semaphore
    deadline: Callable[[], float]
    allowance: Allowance


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

        results = await self.each(pieces, budget, work)

        def whole() -> Found:
            return as_received(joined(pieces, results, asked.overlaps), folded, asked.overlaps)

        found = sum(len(one.entities) for one in results if isinstance(one, Extracted))
        return await aside(len(text) > LONG or found > MANY, whole)

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
        self, pieces: Sequence[Chunk], budget: Budget, work: Work, heard: Hear = lambda *_: None
    ) -> list[Extracted | NerveError]:
        """The results of the pieces, in order; ``work`` is called with a piece's place in them, and
        ``heard`` with its result, as soon as it is there.

        Once more pieces than are under way at a time have found no engine, one after the other, it
        is not looked for any more.
        """

        async def result_of(place: int) -> Extracted | NerveError:
            return await self._result(place, pieces[place], budget, work)

        if len(pieces) == 1:
            heard(0, result := await result_of(0))
            return [result]
        at_once = self.settings.request_concurrency
        in_vain: list[NerveError] = []

        async def one(place: int) -> Extracted | NerveError:
            if len(in_vain) > at_once:
                result: Extracted | NerveError = in_vain[-1]
            else:
                result = await result_of(place)
                if isinstance(result, EngineUnavailable):
                    in_vain.append(result)
                elif not isinstance(result, NerveError):
                    in_vain.clear()
            heard(place, result)
            return result

        return await side_by_side(one, range(len(pieces)), at_once)

    async def _result(
        self, place: int, piece: Chunk, budget: Budget, work: Work
    ) -> Extracted | NerveError:
        """What came of a piece. One for which nothing was generated is tried again, once: a
        document should not lack a piece because a connection closed."""
        try:
            async with budget.at_once:
                deadline = budget.deadline()
                self._check(deadline)
                budget.allowance.check()
                try:
                    result = await work(place, deadline)
                except EngineUnavailable:
                    result = await work(place, deadline)
                found = sum(is_of(piece, entity) for entity in result.entities)
                budget.allowance.take(found + len(result.dropped))
                return result
        except NerveError as exc:
            return exc

    def _check(self, deadline: float) -> None:
        """Raises EngineTimeout when it has passed: the engine need not be asked in vain."""
        if asyncio.get_running_loop().time() >= deadline:
            raise EngineTimeout(
                f"the deadline of {self.settings.deadline_s:g} s passed before the engine was asked"
            )
