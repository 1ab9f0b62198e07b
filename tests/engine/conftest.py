"""Fixtures with a real vLLM: one for the whole run, since a start takes half a minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.engine import environment
from tests.engine.real_engine import RealEngine, home, new_engine, tiny_model


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """The engine's Python; its environment is made when it is not there."""
    return environment.ensure(home())


@pytest.fixture(scope="session")
def session_engine(
    engine_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    """The one engine of the run, started."""
    place = tmp_path_factory.mktemp("engine")
    engine = new_engine(engine_python, tiny_model(engine_python), place)
    with engine.running():
        yield engine


@pytest.fixture
def engine(session_engine: RealEngine) -> RealEngine:
    """The engine, up: a test that killed it need not start it again."""
    if not session_engine.alive:
        session_engine.start()
    return session_engine
