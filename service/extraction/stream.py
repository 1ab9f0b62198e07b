"""``POST /extract`` with ``"stream": true``: the answer to one text, as server-sent events.

Pure ASGI, so that the place and the engine's connections are held exactly as long as the answer
takes, and let go when the client leaves.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import InternalError, NerveError
from service.extraction.aside import MANY, aside
from service.extraction.extract import Extract
from service.extraction.respond import dropped_of, ended, entity_of
from service.extraction.text.streamed_text import StreamedText
from service.guard import deadline
from service.guard.concurrency import ConcurrencyLimit
from service.ner.offsets import Ruler
from service.ner.types import Dropped, Entity
from service.observe import request_record
from service.wire.event_stream import EventStream
from service.wire.lines import one_line
from service.wire.requests import ExtractRequest
from service.wire.responses import ErrorResponse

logger = logging.getLogger("nerve")


class Streamed(Response):
    """The answer to a request with ``text``; extracted, and raising NerveError, when it is sent."""

    def __init__(
        self, extract: Extract, concurrency: ConcurrencyLimit, request: ExtractRequest
    ) -> None:
        super().__init__()
        self._extract, self._concurrency, self._request = extract, concurrency, request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Errors until the first event are raised; a later one is the last event."""
        run = _Run(
            self._extract, self._request, EventStream(send, self._extract.settings.deadline_s)
        )
        try:
            with self._concurrency:
                await run.extract_all()
        except TimeoutError:
            # The client does not read. It must not hold a place for ever; unfinished, the answer
            # makes the server close the connection.
            return
        except Exception as exc:
            if not run.events.begun:
                raise
            await run.fail(exc)


@dataclass(slots=True)
class _Run:
    """One answer under way."""

    extract: Extract
    request: ExtractRequest
    events: EventStream

    async def extract_all(self) -> None:
        """The steps of an extraction. Raises NerveError, TimeoutError for a client that does not
        read."""
        extract, text, found = self.extract, self.request.only_text(), 0
        asked, ruler = extract.resolve(self.request), Ruler(text, self.request.offsets)
        streamed = StreamedText(extract.cutter(text))

        async def tell(news: Sequence[Entity | Dropped]) -> None:
            nonlocal found
            found += sum(isinstance(one, Entity) for one in news)
            await self.events.write(await aside(len(news) > MANY, _events, news, text, ruler))

        with deadline.Naming():
            end = extract.named(await streamed(asked, text, extract.budget(), tell))
        request_record.found(found)
        with extract.metrics.stage("respond"):
            done = _event("done", ended(asked.served.name, end, ruler))
        await self.events.write(done)
        await self.events.end()

    async def fail(self, fault: Exception) -> None:
        """The last event says what went wrong."""
        if not isinstance(fault, NerveError):
            logger.error("in a stream", exc_info=fault)
            fault = InternalError("a fault of the gateway; its log says more")
        try:
            await self.events.write(_event("error", ErrorResponse.of(fault)))
            await self.events.end()
        except TimeoutError:
            return


def _events(news: Sequence[Entity | Dropped], text: str, ruler: Ruler) -> bytes:
    return b"".join(_placed(one, text, ruler) for one in news)


def _placed(one: Entity | Dropped, text: str, ruler: Ruler) -> bytes:
    if isinstance(one, Entity):
        return _event("entity", entity_of(text, one, ruler))
    return _event("dropped", dropped_of(one))


def _event(name: str, data: BaseModel) -> bytes:
    said = one_line(data.model_dump_json(exclude_defaults=True).encode())
    return b"event: %b\ndata: %b\n\n" % (name.encode(), said)
