"""``POST /extract/batch``: newline-delimited JSON both ways, read and answered side by side.

Pure ASGI, because the answer begins while the request is still being read. So many rows are in
memory, however many the request has: a row is read when there is room for it, and there is room
when an answer has been written. A client that does not read its answers thus stops being read.
"""

import asyncio
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.errors import Overloaded
from service.extraction.batch_row import AnswerRow
from service.extraction.extract import Extract
from service.guard.concurrency import ConcurrencyLimit, SharedPlace
from service.guard.held_bytes import HeldBytes
from service.settings import Settings
from service.wire.lines import Lines

MEDIA_TYPE = "application/x-ndjson"
# Parts of the request that wait to be cut into rows; a server's are of 64 KB or so.
_PARTS = 1
# Of rows that are not answered, in bytes: enough chunks to keep the engine busy, and the entities
# of a row can take hundreds of times its bytes.
_MOST_UNANSWERED = 65_536


class _ClientLeft(Exception):
    """Nobody waits for the answers."""


class Batch(Response):
    """The answers to the lines of the request, in their order; Overloaded when there is no place.

    It holds one while a row is worked on; a later row waits for one as long as for its answer.

    A client that leaves, or that sends no whole row for as long as the engine may take for an
    answer, ends it.
    """

    def __init__(self, extract: Extract, concurrency: ConcurrencyLimit, held: HeldBytes) -> None:
        super().__init__()
        self._extract, self._concurrency, self._held = extract, concurrency, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Overloaded before the answer's first byte; afterwards an error is its line's."""
        with self._concurrency:
            pass  # who comes when there is no place is told so
        place, budget = SharedPlace(self._concurrency), self._extract.bulk_budget()
        answer = AnswerRow(self._extract, budget, place)
        run = _Run(self._extract.settings, receive, send, answer, self._held)
        refusals: Sequence[Exception] = ()
        try:
            await run.run()
        except* (_ClientLeft, TimeoutError):
            pass  # unfinished, the answer makes the server close the connection
        except* Overloaded as group:
            refusals = group.exceptions
        finally:
            self._held.give(run.holds)
        if refusals and not run.begun:
            raise refusals[0]


@dataclass(frozen=True, slots=True)
class _Row:
    """An answer under way, and how many bytes its line has."""

    answer: asyncio.Task[bytes]
    size: int


@dataclass(slots=True)
class _Run:
    """One batch under way. ``parts``: of the request, received and not yet cut into rows;
    ``unwritten``: rows that were read and are not yet answered, ``unanswered`` their bytes;
    ``holds``: bytes of both and of what has come of the next row; ``quiet_since``: when a row was
    last read or answered, by the loop's clock."""

    settings: Settings
    receive: Receive
    send: Send
    answer: AnswerRow
    held: HeldBytes
    holds: int = 0
    unwritten: int = 0
    unanswered: int = 0
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    begun: bool = False
    parts: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(_PARTS))
    quiet_since: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Raises a group of _ClientLeft and TimeoutError, and of Overloaded where nothing has been
        answered yet."""
        room = 2 * self.settings.request_concurrency
        rows: asyncio.Queue[_Row | None] = asyncio.Queue(room)
        async with asyncio.TaskGroup() as group:
            reading = [
                group.create_task(self._receive()),
                group.create_task(self._read(rows, group)),
            ]
            while (row := await rows.get()) is not None:
                await self._write(await row.answer)
                self._let_go(row.size)
                self.unwritten -= 1
                self.unanswered -= row.size
                self.answered.set()
                self._progress()
            await self._write(b"", more=False)
            for task in reading:
                task.cancel()

    async def _receive(self) -> None:
        """Part after part, a few ahead of the rows that are worked on: only who receives is told
        that the client has left, which raises _ClientLeft."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _ClientLeft
            size = len(message.get("body", b""))
            if self.begun:
                async with asyncio.timeout(self.settings.deadline_s):
                    await self.held.wait(size)
            else:
                self.held.take(size)  # who comes when there is no room is told so
            self.holds += size
            await self.parts.put(message)

    async def _read(self, rows: "asyncio.Queue[_Row | None]", group: asyncio.TaskGroup) -> None:
        """Have every row answered."""
        number = 0
        async for line in self._lines():
            number += 1
            if number == 1 and line is not None:
                line = line.removeprefix(BOM_UTF8)
            if line is None or line.strip():
                # A status before the engine is asked: the wait for rows is no overhead.
                await self._begin()
                self._progress()
                self.unwritten += 1
                await self._take_turn(size := len(line or b""))
                answer = group.create_task(self.answer(number, line))
                await rows.put(_Row(answer, size))
        await rows.put(None)

    async def _take_turn(self, size: int) -> None:
        """As soon as a row of so many bytes is one of few, or alone."""
        while self.unanswered and self.unanswered + size > _MOST_UNANSWERED:
            self.answered.clear()
            await self.answered.wait()
        self.unanswered += size

    async def _lines(self) -> AsyncIterator[bytes | None]:
        lines = Lines(self.settings.max_body_bytes)
        more = True
        while more:
            message = await self._next_part()
            more, part = message.get("more_body", False), message.get("body", b"")
            before = lines.held
            ended = list(lines.feed(part))
            kept = sum(len(line) for line in ended if line and line.strip())
            self._let_go(before + len(part) - kept - lines.held)
            for line in ended:
                yield line
        for line in lines.end():
            yield line

    async def _next_part(self) -> Message:
        """The next part of the request; TimeoutError when for as long as the engine may take no row
        has come whole or been answered, and none is worked on: bytes alone are no progress."""
        while True:
            ends = self.quiet_since + self.settings.deadline_s
            try:
                async with asyncio.timeout_at(ends):
                    return await self.parts.get()
            except TimeoutError:
                await self._begin()  # else the server would call it a fault of ours
                if self.unwritten:
                    self._progress()
                elif ends >= self.quiet_since + self.settings.deadline_s:
                    raise  # a row that was answered meanwhile has moved the end on

    def _let_go(self, size: int) -> None:
        self.holds -= size
        self.held.give(size)

    def _progress(self) -> None:
        self.quiet_since = asyncio.get_running_loop().time()

    async def _begin(self) -> None:
        if not self.begun:
            self.begun = True
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-cache")]
            await self.send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        await self._begin()
        async with asyncio.timeout(self.settings.deadline_s):
            await self.send({"type": "http.response.body", "body": data, "more_body": more})
