"""A caller's own deadline: milliseconds in a header, which only shorten what the settings allow.

A context variable holds it, on the event loop's clock, from the moment the request's headers are
in; tasks that a request starts have the same. It covers the whole answer, a stream's too.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import BadRequest, EngineTimeout, InvalidRequest, NerveError
from service.wire.answers import answer
from service.wire.headers import header

HEADER = "x-nerve-deadline-ms"
_NAME = HEADER.encode()
# uvloop's clock counts milliseconds, so its timers may be early by as much.
_TICK_S = 0.001


@dataclass(frozen=True, slots=True)
class _Asked:
    given: str
    at: float

    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.at - _TICK_S

    def passed(self) -> EngineTimeout:
        return EngineTimeout(
            f"the deadline of {HEADER} = {self.given} passed; the engine's work was cancelled"
        )


_CURRENT: ContextVar[_Asked | None] = ContextVar("deadline", default=None)


class Deadline:
    """Reads the header; 422, or 400 on OpenAI's routes, for what is no positive number."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = header(scope, _NAME) if scope["type"] == "http" else None
        if given is None:
            await self.app(scope, receive, send)
            return
        try:
            asked = _Asked(given[:64], asyncio.get_running_loop().time() + _seconds(given))
        except InvalidRequest as wrong:
            exc = BadRequest.of(wrong) if scope["path"].startswith("/v1/") else wrong
            await answer(exc)(scope, receive, send)
            return
        token = _CURRENT.set(asked)
        try:
            await self.app(scope, receive, send)
        finally:
            _CURRENT.reset(token)


def _seconds(given: str) -> float:
    """Raises InvalidRequest."""
    try:
        milliseconds = float(given)
    except ValueError:
        milliseconds = math.nan
    if not 0 < milliseconds < math.inf:
        raise InvalidRequest(
            f"the header {HEADER} has {given[:64]!r}; expected a positive number of milliseconds",
            param=HEADER,
        )
    return milliseconds / 1000


def sooner(deadline: float) -> float:
    """``deadline`` (on the event loop's clock), or the caller's where that is sooner."""
    asked = _CURRENT.get()
    return deadline if asked is None else min(deadline, asked.at)


def has_passed() -> bool:
    """Is the caller's own deadline over?"""
    asked = _CURRENT.get()
    return asked is not None and asked.is_over()


def named(error: NerveError) -> NerveError:
    """``error``; a timeout at the caller's deadline in words that name it."""
    asked = _CURRENT.get()
    if asked is None or not isinstance(error, EngineTimeout):
        return error
    return asked.passed() if asked.is_over() else error


class Naming:
    """Timeouts that come out of this name the caller's own deadline, if it was that."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, EngineTimeout) and (ours := named(error)) is not error:
            raise ours from error


def kept() -> AbstractAsyncContextManager[object]:
    """End what is inside at the caller's deadline, with EngineTimeout."""
    asked = _CURRENT.get()
    return nullcontext() if asked is None else _kept(asked)


@asynccontextmanager
async def _kept(asked: _Asked) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(asked.at) as limit:
            yield
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise asked.passed() from exc
