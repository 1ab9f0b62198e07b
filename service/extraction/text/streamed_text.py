"""A text of any length, told while it is extracted: chunk by chunk in the text's order."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from service.errors import EngineUnavailable, NerveError
from service.extraction.text.asked import Asked
from service.extraction.text.chunk_work import Extracted
from service.extraction.text.joining import Found, Joining, as_received
from service.extraction.text.long_text import Budget, LongText, Work
from service.ner.chunk import Chunk
from service.ner.types import Dropped, Entity
from service.ner.unfolding import Unfolding

Arrival = Entity | Extracted | NerveError
Tell = Callable[[Sequence[Entity | Dropped]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class StreamedText:
    """Called with a text, it tells what comes of it, as it comes.

    Chunks are extracted side by side. What comes of one is told once those before it are done: at
    once what is certain already, and the rest when it is done.
    """

    long_text: LongText

    async def __call__(self, asked: Asked, text: str, budget: Budget, tell: Tell) -> Found:
        """Tells entities with offsets in the text, and what was dropped; returns what there is to
        say beside that. Raises as LongText, and what ``tell`` raises, which ends the engine's work.
        """
        folded = await self.long_text.fold(text)
        pieces = await self.long_text.cut(asked, folded.text)
        arrivals, joining = _Arrivals(), Joining(asked.overlaps)
        unfolding = Unfolding(folded, asked.overlaps)

        async def tell_placed(news: Sequence[Entity | Dropped]) -> None:
            dropped = [one for one in news if isinstance(one, Dropped)]
            entities = unfolding.placed(one for one in news if isinstance(one, Entity))
            if told := [*dropped, *entities]:
                await tell(told)

        work = self._work(asked, pieces, arrivals)
        each = self.long_text.each(pieces, budget, work, arrivals.put)
        extracting = asyncio.create_task(each)
        extracting.add_done_callback(arrivals.end)
        try:
            for place, piece in enumerate(pieces):
                await _tell_of(piece, place, arrivals, joining, tell_placed)
        finally:
            extracting.cancel()
            await asyncio.wait({extracting})
        return as_received(joining.found(), folded, asked.overlaps)

    def _work(self, asked: Asked, pieces: Sequence[Chunk], arrivals: "_Arrivals") -> Work:
        broken: dict[int, EngineUnavailable] = {}

        async def work(place: int, deadline: float) -> Extracted:
            if place in broken:  # what was told cannot be taken back: no second try
                raise broken[place]
            told: list[Entity] = []

            def tell(entity: Entity) -> None:
                told.append(entity)
                arrivals.put(place, entity)

            try:
                return await self.long_text.work.stream(asked, pieces[place], deadline, tell)
            except EngineUnavailable as exc:
                if told:
                    broken[place] = exc
                raise

        return work


async def _tell_of(
    piece: Chunk, place: int, arrivals: "_Arrivals", joining: Joining, tell: Tell
) -> None:
    """What comes of one piece, until it is done."""
    told: set[Entity] = set()
    while True:
        arrival = await arrivals.next(place)
        if isinstance(arrival, Entity):
            told.add(arrival)
            news = list(joining.place(piece, arrival))
        else:
            news = list(joining.add(piece, arrival, told))
        if news:
            await tell(news)
        if not isinstance(arrival, Entity):
            return


class _Arrivals:
    """What came of pieces, in whatever order, to be asked for piece by piece."""

    def __init__(self) -> None:
        self._coming: asyncio.Queue[tuple[int, Arrival] | None] = asyncio.Queue()
        self._kept: defaultdict[int, deque[Arrival]] = defaultdict(deque)
        self._fault: BaseException | None = None

    def put(self, place: int, arrival: Arrival) -> None:
        """Of the piece at this place: an entity, or its end."""
        self._coming.put_nowait((place, arrival))

    def end(self, extracting: "asyncio.Task[list[Extracted | NerveError]]") -> None:
        """Nothing more comes; not before every piece's end, but for a fault."""
        if not extracting.cancelled():
            self._fault = extracting.exception()
        self._coming.put_nowait(None)

    async def next(self, place: int) -> Arrival:
        """The next that came of the piece at this place; raises a fault of the gateway."""
        while not self._kept[place]:
            arrived = await self._coming.get()
            if arrived is None:
                raise self._fault or asyncio.CancelledError
            self._kept[arrived[0]].append(arrived[1])
        arrival = self._kept[place].popleft()
        if not isinstance(arrival, Entity):
            del self._kept[place]
        return arrival
