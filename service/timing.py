"""Where the time of one request went: to each stage, and to waiting for the engine.

A context variable holds it, so that the stages and the engine's client, which know nothing of HTTP,
can add to it; tasks that a request starts add to the same one. All times are in seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter


class Timing:
    """One request's account."""

    __slots__ = ("_asking", "_engine", "_since", "received", "stages")

    def __init__(self) -> None:
        self.received = perf_counter()  # when its last byte was in
        self.stages: dict[str, float] = {}
        self._asking = 0
        self._engine = 0.0
        self._since = 0.0

    def add(self, stage: str, seconds: float) -> None:
        """A stage has taken so long; those of a request's chunks are added up."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The engine is asked; two questions at a time are waited for once."""
        if self._asking == 0:
            self._since = perf_counter()
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1
            if self._asking == 0:
                self._engine += perf_counter() - self._since

    def overhead(self) -> float | None:
        """The gateway's own part of the time until now; None when the engine was not asked."""
        if not self._since:
            return None
        now = perf_counter()
        running = now - self._since if self._asking else 0.0
        return max(now - self.received - self._engine - running, 0.0)


_CURRENT: ContextVar[Timing | None] = ContextVar("timing", default=None)


def current() -> Timing | None:
    """The account of the request that is being answered; None outside of one."""
    return _CURRENT.get()


@contextmanager
def waiting() -> Iterator[None]:
    """The engine is asked, for a request or for the gateway itself."""
    timing = _CURRENT.get()
    if timing is None:
        yield
        return
    with timing.waiting():
        yield


@contextmanager
def timed() -> Iterator[Timing]:
    """A new account, for what runs inside."""
    timing = Timing()
    token = _CURRENT.set(timing)
    try:
        yield timing
    finally:
        _CURRENT.reset(token)
