"""Where the time of one request went: to each stage, and to waiting for the engine.

A context variable holds it, so that the stages and the engine's client, which know nothing of HTTP,
can add to it; tasks that a request starts add to the same one. All times are in seconds.

The contexts of the hot path are classes, here and elsewhere: a generator costs four times as much.
"""

from contextvars import ContextVar
from time import perf_counter


class Timing:
    """One request's account."""

    __slots__ = ("_asking", "_engine", "_since", "exemplar", "received", "stages")

    def __init__(self) -> None:
        self.received = perf_counter()  # when its last byte was in
        self.stages: dict[str, float] = {}
        self.exemplar: dict[str, str] | None = None  # as of ``tracing.exemplar``
        self._asking = 0
        self._engine = 0.0
        self._since = 0.0

    def add(self, stage: str, seconds: float) -> None:
        """A stage has taken so long; those of a request's chunks are added up."""
        self.stages[stage] = self.stages.get(stage, 0.0) + seconds

    def asks(self) -> None:
        """The engine is asked; two questions at a time are waited for once."""
        if self._asking == 0:
            self._since = perf_counter()
        self._asking += 1

    def is_answered(self) -> None:
        """One of the questions has its answer, or never will."""
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


class Waiting:
    """The engine is asked inside, for a request or for the gateway itself."""

    __slots__ = ("_timing",)

    def __enter__(self) -> None:
        self._timing = _CURRENT.get()
        if self._timing is not None:
            self._timing.asks()

    def __exit__(self, *_: object) -> None:
        if self._timing is not None:
            self._timing.is_answered()


class Timed:
    """A new account, for what runs inside."""

    __slots__ = ("_token",)

    def __enter__(self) -> Timing:
        timing = Timing()
        self._token = _CURRENT.set(timing)
        return timing

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)
