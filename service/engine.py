"""The engine, seen from the gateway. The only module that knows the HTTP client.

Every failure of the client or of the engine becomes an EngineFailure here and nowhere else. Leaving
a request early, by cancellation or deadline, closes its connection, which ends the engine's work.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from service.completion import ChatAnswer, Completion, CompletionRequest, ModelList, TokenCount
from service.errors import (
    EngineError,
    EngineFailure,
    EngineTimeout,
    EngineUnavailable,
    Overloaded,
    RequestTooLarge,
)
from service.metrics import Metrics
from service.ner.prompt import Message
from service.settings import Settings

CONNECT_TIMEOUT_S = 5.0
# Below the 5 s after which vLLM closes idle connections: a request never meets one that is closing.
KEEPALIVE_S = 4.0

Answer = TypeVar("Answer", bound=BaseModel)


class Engine:
    """A vLLM server. Methods raise EngineFailure, Overloaded and RequestTooLarge only."""

    def __init__(self, client: httpx2.AsyncClient, deadline_s: float, metrics: Metrics) -> None:
        self._client = client
        self._deadline_s = deadline_s
        self._metrics = metrics

    @classmethod
    def connect(cls, settings: Settings, metrics: Metrics) -> "Engine":
        """A client for the engine of ``settings``; connects with the first request."""
        key = settings.engine_api_key
        client = httpx2.AsyncClient(
            base_url=settings.engine_url,
            headers={"authorization": f"Bearer {key.get_secret_value()}"} if key else {},
            verify=ssl.create_default_context(cafile=str(settings.engine_ca))
            if settings.engine_ca
            else True,
            timeout=httpx2.Timeout(None, connect=CONNECT_TIMEOUT_S),
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_S),
            trust_env=False,  # a proxy of the environment is meant for the world outside
        )
        return cls(client, settings.deadline_s, metrics)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def deadline(self) -> float:
        """When a request that starts now has to have its answer, on the event loop's clock."""
        return asyncio.get_running_loop().time() + self._deadline_s

    async def complete(self, request: CompletionRequest, deadline: float) -> Completion:
        """One chat completion."""
        with self._counted():
            path, body = "/v1/chat/completions", request.body()
            return (await self._ask(ChatAnswer, "POST", path, body, deadline)).completion()

    async def count_tokens(self, model: str, messages: Sequence[Message], deadline: float) -> int:
        """Tokens of the prompt that the engine would make of ``messages``."""
        body = {"model": model, "messages": list(messages), "add_generation_prompt": True}
        with self._counted():
            return (await self._ask(TokenCount, "POST", "/tokenize", body, deadline)).count

    async def models(self) -> dict[str, int | None]:
        """The engine's names of its models, each with its window in tokens where it is told."""
        answer = await self._ask(ModelList, "GET", "/v1/models", None, self.deadline())
        return {model.id: model.max_model_len for model in answer.data}

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a request by its outcome."""
        outcome = "cancelled"
        try:
            yield
            outcome = "ok"
        except (EngineFailure, Overloaded, RequestTooLarge) as exc:
            outcome = _OUTCOMES[type(exc)]
            raise
        finally:
            self._metrics.engine_requests.labels(outcome).inc()

    async def _ask(
        self, kind: type[Answer], method: str, path: str, body: object, deadline: float
    ) -> Answer:
        async with self._foreign_errors(deadline):
            response = await self._client.request(method, path, json=body)
        if response.status_code != HTTPStatus.OK:
            raise _failure(response)
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as exc:
            raise EngineError(f"the engine's answer is not a {kind.__doc__}") from exc

    @asynccontextmanager
    async def _foreign_errors(self, deadline: float) -> AsyncIterator[None]:
        """The deadline, and the client's exceptions in our words."""
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except (TimeoutError, httpx2.TimeoutException) as exc:
            if isinstance(exc, httpx2.ConnectTimeout):
                raise EngineUnavailable("the engine cannot be reached") from exc
            raise EngineTimeout(
                f"the engine gave no answer within {self._deadline_s:g} s; its work was cancelled"
            ) from exc
        except httpx2.ConnectError as exc:
            raise EngineUnavailable("the engine cannot be reached; it is down or starting") from exc
        except httpx2.TransportError as exc:
            raise EngineUnavailable("the engine closed the connection before its answer") from exc
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            raise EngineError(f"the engine's answer cannot be read: {type(exc).__name__}") from exc


_OUTCOMES = {
    EngineError: "error",
    EngineUnavailable: "unavailable",
    EngineTimeout: "timeout",
    Overloaded: "overloaded",
    RequestTooLarge: "too_large",
}

_WINDOW = "maximum context length"
# vLLM answers 500 to everything between the death of its core and its own exit.
_DEAD_CORE = ("EngineCore", "EngineDead")


def _failure(response: httpx2.Response) -> EngineFailure | Overloaded | RequestTooLarge:
    """What an engine's status other than 200 means for our caller."""
    status, said = response.status_code, response.text[:500]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Overloaded("the engine has no free place")
    if status == HTTPStatus.SERVICE_UNAVAILABLE or any(word in said for word in _DEAD_CORE):
        return EngineUnavailable("the engine is not able to work; it is starting or restarting")
    if status == HTTPStatus.NOT_FOUND:
        return EngineUnavailable("the engine has not loaded this model")
    if status == HTTPStatus.BAD_REQUEST and _WINDOW in said:
        return RequestTooLarge(f"the text does not fit the engine's window: {said}", param="text")
    return EngineError(f"the engine answered with status {status}", code=f"engine_{status}")
