"""A scripted engine, for gateways that are processes of their own."""

import signal
from collections.abc import Iterator

import pytest

from tests.conftest import BASE, ENGINE_NAME
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving

Engine = tuple[FakeEngine, str]  # and its address


@pytest.fixture
def engine() -> Iterator[Engine]:
    """It finds one character; and its address."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = finds("甲")
    with serving(engine) as url:
        yield engine, url


@pytest.fixture(autouse=True)
def hangup() -> Iterator[None]:
    """A terminal that closes is heard of, though the tests were begun with nohup: what a process
    ignores, its children do."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
