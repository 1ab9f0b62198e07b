"""A request passed on to the engine, and its answer passed back: bytes, but for the model's name.

Pure ASGI, so that the place and the engine's connection are held exactly as long as the answer
takes, and let go when the client leaves.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.engine.client import Engine
from service.engine.forwarding import Forwarded, ForwardedRequest
from service.errors import EngineFailure
from service.guard import deadline
from service.guard.concurrency import ConcurrencyLimit
from service.observe.metrics import Metrics
from service.observe.tracing import exemplar
from service.openai.renaming import Renaming
from service.wire import request_id
from service.wire.event_stream import EventStream
from service.wire.headers import header
from service.wire.lines import one_line
from service.wire.responses import ErrorResponse

# What the engine sees of a caller's headers, beside its trace. Not among them: the api key,
# cookies, and the headers by which vLLM takes a priority, a session or a replica.
PASSED_HEADERS = ("content-type",)


@dataclass(frozen=True, slots=True)
class Proxy:
    """What a pass-through needs; ``patience_s`` is for callers that do not read a stream."""

    engine: Engine
    concurrency: ConcurrencyLimit
    metrics: Metrics
    patience_s: float


class Proxied(Response):
    """The engine's answer; asked for, and raising NerveError, when it is sent."""

    def __init__(self, proxy: Proxy, asked: ForwardedRequest, renaming: Renaming) -> None:
        # Of a response's own, only what the framework looks at.
        self.background = None
        self._proxy = proxy
        self._asked = asked
        self._renaming = renaming
        self._started = time.perf_counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Errors until the answer's first byte are raised; a later one is the stream's last event.

        A client that leaves cancels this, which closes the engine's connection.
        """
        proxy = self._proxy
        events = EventStream(send, proxy.patience_s)
        try:
            with proxy.concurrency:
                async with deadline.kept():
                    answer = await self._answer(_headers(scope), events)
            if isinstance(answer.body, bytes):
                # A client that does not read keeps its own connection waiting, and no place.
                async with asyncio.timeout_at(proxy.engine.deadline()):
                    await self._whole(answer.body, answer)(scope, receive, send)
                return
            await events.end()
        except EngineFailure as exc:
            if not events.begun:
                raise
            with suppress(TimeoutError):
                await events.write(_failed(exc))
                await events.end()
        except TimeoutError:
            # The client does not read. It must not hold a place for ever; unfinished, the answer
            # makes the server close the connection.
            return

    async def _answer(self, headers: dict[str, str], events: EventStream) -> Forwarded:
        """The engine's; a stream has been sent when it is returned."""

        async def use(answer: Forwarded) -> None:
            if not isinstance(answer.body, bytes):
                await self._stream(answer.body, events)

        return await self._proxy.engine.forward(self._asked, headers, use)

    async def _stream(self, chunks: AsyncIterator[bytes], events: EventStream) -> None:
        """Raises TimeoutError for a client that does not read."""
        proxy = self._proxy
        async for lines in self._renaming.lines(chunks, self._asked.held_by):
            if not events.begun:
                proxy.metrics.engine.first_token.observe(
                    time.perf_counter() - self._started, exemplar()
                )
            await events.write(lines)

    def _whole(self, body: bytes, answer: Forwarded) -> Response:
        headers = {"content-type": answer.content_type}
        return Response(self._renaming.answer(body), answer.status, headers)


def _failed(error: EngineFailure) -> bytes:
    """One event more, in the shape in which OpenAI's clients know errors."""
    envelope = one_line(ErrorResponse.of(error).model_dump_json().encode())
    # The line breaks before it end an event that was cut off.
    return b"\n\ndata: %b\n\n" % envelope


def _headers(scope: Scope) -> dict[str, str]:
    """What the engine is sent: nothing of the caller's but what is listed."""
    asked = {name: header(scope, name.encode()) or "" for name in PASSED_HEADERS}
    passed = {name: value for name, value in asked.items() if _is_plain(value)}
    # An answer in which a name is to be found must not be compressed.
    return {**passed, request_id.HEADER: request_id.of(scope), "accept-encoding": "identity"}


def _is_plain(value: str) -> bool:
    """Can it be sent on? A server lets more through than a client may send."""
    return bool(value) and value.isascii() and value.isprintable()
