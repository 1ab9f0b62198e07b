"""The openai package at a gateway in front of the real engine."""

from collections.abc import Iterator

import httpx2
import pytest
from openai import OpenAI

from tests.engine.gateway import gateway
from tests.engine.real_engine import RealEngine
from tests.support.waiting import until


@pytest.fixture(scope="module")
def url(session_engine: RealEngine) -> Iterator[str]:
    """The address of a gateway that knows the tiny model and its adapters."""
    with gateway(session_engine) as client:
        yield str(client.base_url).rstrip("/")


@pytest.fixture
def client(engine: RealEngine, url: str) -> Iterator[OpenAI]:
    """The package, once the gateway has found the engine; without retries."""
    until(lambda: httpx2.get(f"{url}/ready", trust_env=False).status_code == 200, 60)
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client
