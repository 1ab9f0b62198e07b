"""The reference system's adapter, end to end on a real vLLM: at a tiny size, else as it was."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.engine.gateway import gateway, say
from tests.engine.real_engine import RealEngine, new_engine, tiny_model

BASE, NAME = "Qwen2.5-7B-Instruct", "clue-ner-lora-sft-peft"
TEXT = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
LABELS = {"name", "organization", "scene", "company", "movie", "book", "government", "position",
          "address", "game"}  # fmt: skip


@pytest.fixture(scope="module")
def reference(
    engine_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    """Its engine, started as the launcher starts one, under the base model's own name."""
    place = tmp_path_factory.mktemp("reference")
    builder = Path(__file__).with_name("reference.py")
    subprocess.run([engine_python, builder, tiny_model(engine_python), place], check=True)
    (place / "model").symlink_to(place / BASE)
    engine = new_engine(engine_python, place, tmp_path_factory.mktemp("engine"))
    engine.base = BASE
    with engine.running():
        yield engine


@pytest.fixture(scope="module")
def client(reference: RealEngine) -> Iterator[httpx2.Client]:
    """A gateway before it."""
    with gateway(reference) as client:
        yield client


def test_an_openai_client_finds_it_by_name(client: httpx2.Client) -> None:
    """As its users call it: temperature 0.01, 512 tokens at most. alpha 16 at rank 64 is applied:
    four times as much, or a quarter, and it would say something else than its letter."""
    models = {one["id"]: one for one in client.get("/v1/models").json()["data"]}
    assert set(models) == {BASE, NAME}
    assert models[NAME]["parent"] == BASE
    assert say(client, NAME, "叶老桂在哪里工作？") == "B" * 8
    assert "B" not in say(client, BASE, "叶老桂在哪里工作？")
    body = {
        "model": NAME,
        "messages": [{"role": "user", "content": TEXT}],
        "temperature": 0.01,
        "max_tokens": 512,
    }
    answer = client.post("/v1/chat/completions", json=body).json()
    assert set(answer["choices"][0]["message"]["content"]) == {"B"}


@pytest.mark.parametrize("constraint", ["grounded", "schema", "none"])
def test_extract_answers_by_it(client: httpx2.Client, constraint: str) -> None:
    """Its JSON list is read, offsets are exact, and what cannot be used is named."""
    body = {"text": TEXT, "model": NAME, "constraint": constraint}
    answer = client.post("/extract", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["model"] == NAME
    for entity in found["entities"]:
        assert TEXT[entity["start"] : entity["end"]] == entity["text"]
        assert entity["label"] in LABELS
    if constraint == "grounded":
        assert not any(one["reason"] == "not_in_text" for one in found["dropped"])
    if constraint == "none":  # it says BBBB: no list at all
        assert found["dropped"][0]["reason"] == "malformed"


def test_it_answers_requests_that_name_no_model(client: httpx2.Client) -> None:
    """registry.toml says so."""
    assert client.post("/extract", json={"text": TEXT}).json()["model"] == NAME
