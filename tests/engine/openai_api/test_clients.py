"""The short form of ``make clients``: those clients that the tools bring, on a real vLLM."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.clients.__main__ import SHORT
from tests.clients.client import Client, clients
from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, new_engine, tiny_model

# By the module that has to be there.
HERE = {
    "openai": "openai",
    "huggingface_hub": "huggingface_hub",
    "boto3": "boto3",
    "azure-ai-textanalytics": "azure",
}


@pytest.fixture(scope="module")
def url(engine_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """In front of an engine whose answers are short."""
    place = tmp_path_factory.mktemp("clients")
    engine = new_engine(engine_python, tiny_model(engine_python), place)
    engine.flags = SHORT
    with engine.running(), gateway(engine) as asked:
        yield str(asked.base_url).rstrip("/")


@pytest.mark.parametrize(
    "client", [one for one in clients() if one.name in HERE], ids=lambda one: one.name
)
def test_everything_works(url: str, client: Client) -> None:
    """At the client's defaults, unmodified."""
    if find_spec(HERE[client.name]) is None:
        pytest.skip(f"no package {client.name} here")
    outcomes = client.ask(url, BASE, python=Path(sys.executable))
    assert [one for one in outcomes if not one.works] == []
