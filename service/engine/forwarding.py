"""Requests that are passed on to the engine as they are, and its answers back."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from service.engine.exchange import JSON, Exchange, is_stream, text_of
from service.engine.outcomes import Counted
from service.engine.status import forwarding_failure, given_up, in_envelope, is_refusal
from service.errors import EngineError
from service.observe.metrics import Metrics
from service.observe.tracing import Tracing

# What the conventions for spans call that which is asked for.
_OPERATIONS = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "chat",
    "/v1/completions": "text_completion",
}


@dataclass(slots=True)
class Forwarded:
    """The engine's answer to a request that was passed on.

    ``body`` is whole, or a stream's chunks as the engine sends them.
    """

    status: int
    content_type: str
    body: bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class ForwardedRequest:
    """A request to pass on: ``model`` is the engine's name of the one that ``body`` asks for,
    ``held_by`` the field that holds the completion to a schema or a grammar."""

    path: str
    model: str
    body: bytes
    held_by: str | None = None


Use = Callable[[Forwarded], Awaitable[None]]


class Forwarding:
    """Raises EngineFailure and Overloaded, and what a ``use`` raises."""

    def __init__(self, exchange: Exchange, metrics: Metrics, tracing: Tracing) -> None:
        self._exchange, self._signs = exchange, exchange.transport.signs
        self._metrics, self._tracing = metrics.engine, tracing

    async def __call__(
        self, asked: ForwardedRequest, headers: Mapping[str, str], use: Use
    ) -> Forwarded:
        """Pass a request on as it is, and its answer back: 200, or the engine's refusal.

        ``use`` has the answer while its connection is open, which a stream needs; leaving it early
        ends the engine's work.

        A stream has until its first chunk the time that others have for the whole answer, and
        again between two chunks; they raise EngineFailure.
        """
        deadline = self._exchange.deadline()
        with (
            Counted(self._metrics, self._exchange) as outcome,
            self._tracing.asking(_OPERATIONS.get(asked.path), asked.model) as question,
        ):
            sent = {**headers, **question.headers()}
            response, body = await self._exchange.within(
                deadline, self._exchange.begun(asked.path, asked.body, sent)
            )
            try:
                answer = self._forwarded(asked, response, body, deadline)
                if answer.status != HTTPStatus.OK:
                    outcome.name = "refused"
                elif body and asked.path in _OPERATIONS:
                    self._signs.wrote()
                await use(answer)
                return answer
            finally:
                response.close()  # does nothing to a connection whose answer was read to its end

    def _forwarded(
        self,
        asked: ForwardedRequest,
        response: aiohttp.ClientResponse,
        body: bytes,
        deadline: float,
    ) -> Forwarded:
        status, kind = response.status, response.headers.get("content-type", "")
        if is_stream(response):
            return Forwarded(status, kind, self._chunks(response, deadline))
        if status != HTTPStatus.OK:
            said = text_of(body[:500])
            if refused := given_up(body, asked.held_by):
                return Forwarded(HTTPStatus.BAD_REQUEST, JSON, refused)
            if not is_refusal(status, said):
                raise forwarding_failure(status, said)
            # OpenAI's clients know 400 for a wrong field.
            told = HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
            return Forwarded(told, JSON, in_envelope(status, body))
        if not kind.startswith(JSON):
            raise EngineError(f"the engine answered with {kind or 'no type'}, expected JSON")
        return Forwarded(status, kind, body)

    async def _chunks(
        self, response: aiohttp.ClientResponse, deadline: float
    ) -> AsyncIterator[bytes]:
        while chunk := await self._exchange.within(deadline, response.content.readany()):
            self._signs.wrote()
            yield chunk
            deadline = self._exchange.deadline()
