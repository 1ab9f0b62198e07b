"""What ends an answer of a model: asked of the engine once, whoever wants to know."""

import asyncio
from collections.abc import Iterator

import pytest

from service.engine.client import Engine
from service.errors import EngineTimeout
from service.observe.metrics import Metrics
from service.settings import Settings
from tests.conftest import BASE, ENGINE_NAME
from tests.support.fake_engine import IM_END, FakeEngine
from tests.support.serving import serving
from tests.support.waiting import until

pytestmark = pytest.mark.slow

EXPECTED = (ord("无"), IM_END)


@pytest.fixture
def fake() -> FakeEngine:
    """It tells a token a character."""
    return FakeEngine(BASE, ENGINE_NAME)


@pytest.fixture
def url(fake: FakeEngine) -> Iterator[str]:
    """Its address."""
    with serving(fake) as address:
        yield address


async def _ask(engine: Engine, within_s: float = 10) -> tuple[int, ...]:
    deadline = asyncio.get_running_loop().time() + within_s
    return await engine.endings(ENGINE_NAME, "无", deadline)


def _asked(fake: FakeEngine) -> int:
    return sum(one.path == "/tokenize" for one in fake.seen)


def test_callers_at_the_same_time_ask_once(fake: FakeEngine, url: str) -> None:
    """It takes two requests, and none later."""

    async def run() -> list[tuple[int, ...]]:
        engine = Engine.connect(Settings(engine_url=url), Metrics())
        try:
            found = await asyncio.gather(*(_ask(engine) for _ in range(20)))
            return [*found, await _ask(engine)]
        finally:
            await engine.aclose()

    assert asyncio.run(run()) == [EXPECTED] * 21
    assert _asked(fake) == 2


def test_who_leaves_and_whose_time_is_up_take_the_answer_from_nobody(
    fake: FakeEngine, url: str
) -> None:
    """Each waits by its own deadline; a question that failed is asked again."""

    async def run() -> None:
        engine = Engine.connect(Settings(engine_url=url, deadline_s=1), Metrics())
        fake.mute = ("/tokenize",)
        try:
            first = asyncio.create_task(_ask(engine))
            hasty = asyncio.create_task(_ask(engine, within_s=0.05))
            other = asyncio.create_task(_ask(engine))
            await asyncio.to_thread(until, lambda: fake.muted["/tokenize"] > 0)
            first.cancel()
            for waiting in (hasty, other):
                with pytest.raises(EngineTimeout):
                    await waiting
            assert first.cancelled() and fake.muted["/tokenize"] == 1
            fake.mute = ()
            assert await _ask(engine) == EXPECTED
        finally:
            await engine.aclose()

    asyncio.run(run())
