"""The engine, seen from the gateway: what can be asked of it.

With its exchange, forwarding and transport the only one that knows the HTTP client, and every
failure of the client or of the engine becomes an EngineFailure there and nowhere else. Leaving a
request early, by cancellation or deadline, closes its connection, which ends the engine's work.
"""

import math
import ssl
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from pathlib import Path

from service.engine.breaker import Breaker
from service.engine.completion import (
    ChatAnswer,
    Completion,
    CompletionRequest,
    ModelList,
    TokenCount,
)
from service.engine.completion_stream import CompletionStream, Hear
from service.engine.endings import endings
from service.engine.exchange import JSON, Exchange, as_json, text_of
from service.engine.forwarding import Forwarding
from service.engine.outcomes import Counted
from service.engine.shared import Shared
from service.engine.status import failure
from service.engine.transport import Address, EngineTransport
from service.errors import EngineError
from service.ner.prompt import TEMPLATE_ARGUMENTS, Message
from service.observe.metrics import Metrics
from service.observe.tracing import Question, Tracing
from service.settings import Settings, SettingsError


class Engine:
    """A vLLM server. Methods raise EngineFailure, Overloaded and RequestTooLarge, and what a
    ``hear`` raises."""

    def __init__(self, exchange: Exchange, metrics: Metrics, tracing: Tracing) -> None:
        self._exchange = exchange
        # Who lists models holds no place, so nothing else limits how many ask.
        self._listing = Shared(self._list)
        self._metrics = metrics.engine
        self._signs = exchange.transport.signs
        self.forward = Forwarding(exchange, metrics, tracing)
        self._tracing = tracing
        # One for each adapter's weights, in both.
        self._endings: dict[tuple[str, str], tuple[int, ...]] = {}
        self._asking_endings: dict[tuple[str, str], Shared[tuple[int, ...]]] = {}

    @classmethod
    def connect(
        cls, settings: Settings, metrics: Metrics, tracing: Tracing | None = None
    ) -> "Engine":
        """A client for the engine of ``settings``; connects with the first request.

        Raises SettingsError where its CA certificates cannot be read.
        """
        key, trust = settings.engine_api_key, trusted(settings.engine_ca)
        headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        breaker = Breaker(
            settings.breaker_failures,
            math.ceil(settings.probe_interval_s),
            metrics.guards.breaker_open,
        )
        transport = EngineTransport(Address(settings.engine_url, headers, trust), breaker)
        return cls(Exchange(transport, settings.deadline_s), metrics, tracing or Tracing())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._exchange.transport.aclose()

    @property
    def may_hang(self) -> bool:
        """Did a completion have its time, and has none been written since?"""
        return self._signs.in_vain

    def deadline(self) -> float:
        """When a request that starts now has to have its answer, on the event loop's clock."""
        return self._exchange.deadline()

    async def complete(self, request: CompletionRequest, deadline: float) -> Completion:
        """One chat completion."""
        with (
            Counted(self._metrics, self._exchange),
            self._chat(request) as question,
        ):
            path, body, headers = "/v1/chat/completions", request.body(), question.headers()
            answer = await self._exchange.ask(ChatAnswer, "POST", path, body, deadline, headers)
            self._signs.wrote()
            completion = answer.completion()
            _tell(question, completion)
            return completion

    async def stream(self, request: CompletionRequest, deadline: float, hear: Hear) -> Completion:
        """One chat completion; ``hear`` has its pieces while it is written."""
        with (
            Counted(self._metrics, self._exchange),
            self._chat(request) as question,
        ):
            streaming = {"stream": True, "stream_options": {"include_usage": True}}
            body = as_json({**request.body(), **streaming}).encode()
            headers = {**question.headers(), "content-type": JSON}
            stream = CompletionStream(hear)
            await self._exchange.within(deadline, self._fed(stream, body, headers))
            completion = stream.completion()
            _tell(question, completion)
            return completion

    def _chat(self, request: CompletionRequest) -> AbstractContextManager[Question]:
        return self._tracing.chat(request.model, request.max_tokens, request.messages)

    async def _fed(self, stream: CompletionStream, body: bytes, headers: Mapping[str, str]) -> None:
        response = await self._exchange.transport.send(
            "POST", "/v1/chat/completions", body, headers
        )
        try:
            if response.status != HTTPStatus.OK:
                raise failure(response.status, text_of((await response.read())[:500]))
            async for data in response.content.iter_any():
                self._signs.wrote()
                stream.feed(data)
        finally:
            response.close()  # does nothing to a connection that was read to its end

    async def count_tokens(self, model: str, messages: Sequence[Message], deadline: float) -> int:
        """Tokens of the prompt that the engine would make of ``messages``."""
        body = {
            "model": model,
            "messages": list(messages),
            "add_generation_prompt": True,
            "chat_template_kwargs": dict(TEMPLATE_ARGUMENTS),
        }
        with Counted(self._metrics, self._exchange):
            return (await self._exchange.ask(TokenCount, "POST", "/tokenize", body, deadline)).count

    async def endings(self, model: str, empty: str, deadline: float) -> tuple[int, ...]:
        """The tokens with which ``model`` ends an answer, or begins to say ``empty``, that there is
        nothing; asked once, for all who come before the answer too."""
        known = model, empty
        if known not in self._endings:
            ask = partial(self._ask_endings, model, empty)
            shared = self._asking_endings.setdefault(known, Shared(ask))
            self._endings[known] = await self._exchange.within(deadline, shared())
        return self._endings[known]

    async def _ask_endings(self, model: str, empty: str) -> tuple[int, ...]:
        with Counted(self._metrics, self._exchange):
            return await endings(self._exchange, model, empty, self.deadline())

    async def models(self) -> dict[str, int | None]:
        """The engine's names of its models, each with its window in tokens where it is told."""
        return {model.id: model.max_model_len for model in (await self._listing()).data}

    async def path_of(self, base: str) -> str:
        """The ``--model`` that the engine was started with; ``base`` is its name there."""
        listed = (await self._listing()).data
        root = next((model.root for model in listed if model.id == base), None)
        if root is None:
            raise EngineError(f"the engine does not say where it has {base} from")
        return root

    async def _list(self) -> ModelList:
        exchange = self._exchange
        answer = exchange.ask(ModelList, "GET", "/v1/models", None, self.deadline())
        return await exchange.unless_silent(answer)

    async def exposition(self, deadline: float) -> str:
        """The engine's own metrics, in Prometheus' text format."""
        status, body = await self._exchange.whole("GET", "/metrics", None, deadline)
        if status != HTTPStatus.OK:
            raise failure(status, text_of(body[:500]))
        return text_of(body)


def trusted(ca: Path | None) -> ssl.SSLContext | None:
    """What the engine's TLS is checked by; raises SettingsError."""
    try:
        return ssl.create_default_context(cafile=str(ca)) if ca else None
    except OSError as exc:  # ssl.SSLError is one
        raise SettingsError(
            f"NERVE_ENGINE_CA = {str(ca)!r}; expected a file of CA certificates in PEM "
            f"({exc.strerror or exc})"
        ) from exc


def _tell(question: Question, completion: Completion) -> None:
    question.answered(
        completion.text,
        complete=completion.complete,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
    )
