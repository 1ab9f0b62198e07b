"""A request's time is up: what is said of it, and what it tells of the engine."""

import asyncio

import pytest

from service.engine.client import Engine
from service.engine.completion import CompletionRequest
from service.errors import EngineTimeout
from service.observe.metrics import Metrics
from service.settings import Settings
from tests.conftest import BASE, ENGINE_NAME
from tests.support.fake_engine import FakeEngine
from tests.support.serving import serving

pytestmark = pytest.mark.slow

REQUEST = CompletionRequest(ENGINE_NAME, [{"role": "user", "content": "叶"}], None, 10)


@pytest.mark.parametrize(
    ("deadline_s", "left_s", "may_hang"),
    [(0.3, 0.3, True), (30, 0.3, False)],
    ids=["all of it", "what the chunks before it left"],
)
def test_the_deadline_is_named(deadline_s: float, left_s: float, may_hang: bool) -> None:
    """It is true of a chunk that had a part of it too, which does not tell of a core that hangs."""
    fake = FakeEngine(BASE, ENGINE_NAME)
    fake.script = fake.hangs

    async def run(url: str) -> bool:
        engine = Engine.connect(Settings(engine_url=url, deadline_s=deadline_s), Metrics())
        try:
            with pytest.raises(EngineTimeout, match=rf"before the deadline of {deadline_s:g} s; "):
                await engine.complete(REQUEST, asyncio.get_running_loop().time() + left_s)
            return engine.may_hang
        finally:
            await engine.aclose()

    with serving(fake) as url:
        assert asyncio.run(run(url)) == may_hang
