"""What the gateway itself does wrong with an engine's answer is no fault of the engine."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from service.engine.client import Engine
from service.engine.completion import CompletionRequest
from service.engine.forwarding import Forwarded, ForwardedRequest
from service.errors import EngineError
from service.observe.metrics import Metrics
from service.settings import Settings
from tests.conftest import BASE, ENGINE_NAME
from tests.support.fake_engine import FakeEngine, completes, streams
from tests.support.openai_script import CHAT, DONE, event
from tests.support.serving import serving

Asking = Callable[[Engine], Awaitable[object]]


class Asked:
    """An engine, and what a client of it counts."""

    def __init__(self, engine: FakeEngine, url: str) -> None:
        self.engine, self._url = engine, url
        self._metrics = Metrics()

    def __call__(self, asking: Asking) -> None:
        """Ask it."""
        asyncio.run(self._ask(asking))

    async def _ask(self, asking: Asking) -> None:
        engine = Engine.connect(Settings(engine_url=self._url), self._metrics)
        try:
            await asking(engine)
        finally:
            await engine.aclose()

    def outcomes(self) -> dict[str, float]:
        """outcome → how many, of those that there were."""
        registry, name = self._metrics.registry, "nerve_engine_requests_total"
        counts = {one: registry.get_sample_value(name, {"outcome": one}) or 0 for one in OUTCOMES}
        return {one: count for one, count in counts.items() if count}


OUTCOMES = tuple(Metrics().engine.outcomes)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """An engine that streams one piece."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = streams(event("叶"), DONE)
    with serving(engine) as url:
        yield Asked(engine, url)


def _hearing(fault: BaseException) -> Asking:
    def hear(*_: object) -> None:
        raise fault

    request = CompletionRequest(ENGINE_NAME, [{"role": "user", "content": "叶"}], None, 10)
    return lambda engine: engine.stream(request, engine.deadline(), hear)


def _using(fault: BaseException) -> Asking:
    async def use(_: Forwarded) -> None:
        raise fault

    return lambda engine: engine.forward(ForwardedRequest(CHAT, ENGINE_NAME, b"{}"), {}, use)


@pytest.mark.parametrize("fault", [ValueError("ours"), KeyError("ours")])
def test_a_fault_in_reading_a_stream_is_the_gateways(asked: Asked, fault: Exception) -> None:
    """It stays what it is, for the log: neither an unreadable answer nor a caller who left."""
    with pytest.raises(type(fault), match="ours"):
        asked(_hearing(fault))
    assert asked.outcomes() == {"error": 1}


def test_an_event_that_cannot_be_read_is_the_engines(asked: Asked) -> None:
    """However much a fault of ours looks like it."""
    asked.engine.script = streams(b"data: {]\n\n")
    with pytest.raises(EngineError, match="not a part of a chat completion"):
        asked(_hearing(ValueError("never heard")))
    assert asked.outcomes() == {"error": 1}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (ValueError("ours"), "error"),
        (TimeoutError("does not read"), "cancelled"),
        (ConnectionResetError("is gone"), "cancelled"),
        (asyncio.CancelledError("left"), "cancelled"),
    ],
)
def test_only_callers_who_left_are_counted_as_cancelled(
    asked: Asked, fault: BaseException, outcome: str
) -> None:
    """What is passed on, too."""
    asked.engine.script = completes("叶")
    with pytest.raises(type(fault)):
        asked(_using(fault))
    assert asked.outcomes() == {outcome: 1}
