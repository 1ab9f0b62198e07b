"""One request to the engine and its answer, in time; what the HTTP client raises, in our words."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from service.engine.status import failure
from service.engine.transport import EngineTransport, Unreachable
from service.errors import EngineError, EngineTimeout, EngineUnavailable
from service.observe.timing import Waiting

JSON = "application/json"
# Its process answers in milliseconds, however much the model has to do.
SILENCE_S = 5
as_json = json.JSONEncoder(ensure_ascii=False).encode  # ``dumps`` would make an encoder each time

Answer = TypeVar("Answer", bound=BaseModel)
Waited = TypeVar("Waited")


class Exchange:
    """Asks over ``transport``, ``deadline_s`` seconds for an answer; raises EngineFailure."""

    def __init__(self, transport: EngineTransport, deadline_s: float) -> None:
        self.transport = transport
        self.deadline_s = deadline_s

    def deadline(self) -> float:
        """When a request that starts now has to have its answer, on the event loop's clock."""
        return asyncio.get_running_loop().time() + self.deadline_s

    async def ask(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        body: object,
        deadline: float,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer's body as ``kind``; one that is not is the engine's fault."""
        asked = None if body is None else as_json(body).encode()
        status, answered = await self.whole(method, path, asked, deadline, headers)
        if status != HTTPStatus.OK:
            raise failure(status, text_of(answered[:500]))
        try:
            return kind.model_validate_json(answered)
        except ValidationError as exc:
            raise EngineError(f"the engine's answer is not a {kind.__doc__}") from exc

    async def whole(
        self,
        method: str,
        path: str,
        body: bytes | None,
        deadline: float,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of an answer."""
        headers = {**(headers or {}), **({"content-type": JSON} if body else {})}
        return await self.within(deadline, self._answered(method, path, body, headers))

    async def _answered(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        response = await self.transport.send(method, path, body, headers)
        try:
            return response.status, await response.read()
        finally:
            response.close()

    async def within(self, deadline: float, answer: Coroutine[Any, Any, Waited]) -> Waited:
        """What ``answer`` gives; the deadline, and the client's exceptions, in our words.

        Other exceptions are faults of the gateway, and stay what they are.
        """
        try:
            with Waiting():
                async with asyncio.timeout_at(deadline):
                    return await answer
        except aiohttp.ConnectionTimeoutError as exc:
            raise EngineUnavailable("the engine cannot be reached") from exc
        except TimeoutError as exc:
            raise EngineTimeout(
                f"the engine gave no answer before the deadline of {self.deadline_s:g} s; its work "
                "was cancelled"
            ) from exc
        except aiohttp.ClientConnectorError as exc:
            raise EngineUnavailable("the engine cannot be reached; it is down or starting") from exc
        except Unreachable as exc:
            raise EngineUnavailable("the engine closed the connection before its answer") from exc
        except aiohttp.ClientError as exc:
            raise EngineError(f"the engine's answer cannot be read: {type(exc).__name__}") from exc

    async def unless_silent(self, answer: Coroutine[Any, Any, Waited]) -> Waited:
        """What ``answer`` gives; EngineTimeout when for SILENCE_S nothing comes from the engine.

        Whatever it says to anybody counts: an engine that is slow with this answer and goes on with
        a stream is busy, not gone.
        """
        waiting, quiet_s = asyncio.ensure_future(answer), 0
        try:
            # By the second, so that a time in which this process stood still counts as one.
            while quiet_s < SILENCE_S:
                heard = self.transport.signs.heard
                if (await asyncio.wait({waiting}, timeout=1))[0]:
                    return waiting.result()
                quiet_s = quiet_s + 1 if self.transport.signs.heard == heard else 0
        finally:
            waiting.cancel()
        raise EngineTimeout(
            f"the engine takes connections and has said nothing for {SILENCE_S} s: it hangs, or "
            "its machine has no time for it"
        )

    async def begun(
        self, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """An answer, and its body where it is no stream."""
        response = await self.transport.send("POST", path, body, headers)
        if is_stream(response):
            return response, b""
        try:
            return response, await response.read()
        except BaseException:
            response.close()
            raise


def is_stream(response: aiohttp.ClientResponse) -> bool:
    """Does the engine answer with server-sent events?"""
    kind = response.headers.get("content-type", "")
    return response.status == HTTPStatus.OK and kind.startswith("text/event-stream")


def text_of(body: bytes) -> str:
    """What the engine said, whatever bytes it said it with."""
    return body.decode("utf-8", errors="replace")
