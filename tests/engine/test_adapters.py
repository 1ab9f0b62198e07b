"""Adapters at run time on a real vLLM: found on first use, replaced under traffic, never gone."""

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from service.models.manifest import load
from tests.engine.gateway import gateway, give_weights, say
from tests.engine.real_engine import BASE, RealEngine, new_engine, tiny_model
from tests.support.waiting import until

TEXT = "叶老桂在哪里工作？"


@pytest.fixture(scope="module")
def own_engine(
    engine_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    """An engine whose adapters folder may be changed; it starts with two of the five."""
    place, built = tmp_path_factory.mktemp("adapters"), tiny_model(engine_python)
    (place / "model").symlink_to(built / "model")
    for name in ("tiny-a", "tiny-b"):
        shutil.copytree(built / "adapters" / name, place / "adapters" / name)
    (place / "adapters" / "registry.toml").write_text('default = "tiny-a"\n')
    engine = new_engine(engine_python, place, place)
    with engine.running():
        yield engine


@pytest.fixture(scope="module")
def client(own_engine: RealEngine) -> Iterator[httpx2.Client]:
    """A gateway that may change the adapters."""
    with gateway(own_engine) as client:
        yield client


@pytest.fixture(scope="module")
def spare(engine_python: Path) -> Path:
    """The folder of all five adapters."""
    return tiny_model(engine_python) / "adapters"


def listed(engine: RealEngine) -> set[str]:
    """The names that the engine itself lists."""
    answer = httpx2.get(f"{engine.url}/v1/models", timeout=30, trust_env=False).json()
    return {model["id"] for model in answer["data"]}


def test_an_adapter_is_found_on_first_use(own_engine: RealEngine, client: httpx2.Client) -> None:
    """It is not listed before, and is after; the default is there since the gateway is ready."""
    a, b = (own_engine.names[name] for name in ("tiny-a", "tiny-b"))
    assert {BASE, a} <= listed(own_engine) and b not in listed(own_engine)
    assert say(client, "tiny-b", TEXT) == "B" * 8
    assert b in listed(own_engine)


def test_an_unknown_name_is_404_and_leaves_the_engine_well(own_engine: RealEngine) -> None:
    """Asked past the gateway, which would not ask."""
    for name in ("nobody@00000000", "../adapters/tiny-a"):
        body = {"model": name, "messages": [{"role": "user", "content": TEXT}], "max_tokens": 1}
        url = f"{own_engine.url}/v1/chat/completions"
        assert httpx2.post(url, json=body, timeout=60, trust_env=False).status_code == 404
    assert own_engine.alive


def test_a_broken_adapter_is_refused_and_the_engine_lives(
    own_engine: RealEngine, client: httpx2.Client, spare: Path
) -> None:
    """Weights that are as registered, and are no weights."""
    folder = own_engine.adapters / "broken"
    source = own_engine.folder / "broken-source"
    shutil.copytree(spare / "tiny-c", source)
    (source / "adapter_model.safetensors").write_bytes(b"not safetensors")
    give_weights(folder, source)
    answer = client.post("/adapters", json={"name": "broken"})
    shutil.rmtree(folder)
    assert answer.status_code == 422, answer.text
    assert "The engine cannot load broken@" in answer.json()["error"]["message"]
    assert say(client, "tiny-a", TEXT) == "A" * 8


def test_load_replace_and_remove_under_traffic(
    own_engine: RealEngine, client: httpx2.Client, spare: Path
) -> None:
    """No request fails, and no answer is a mixture; after each change the new weights answer."""
    over, asked = threading.Event(), 0

    def ask(model: str, allowed: set[str]) -> int:
        count = 0
        while not over.is_set():
            said = say(client, model, f"{count} {TEXT}", tokens=16)
            assert said in allowed, (model, said)
            count += 1
        return count

    alone = say(client, BASE, f"0 {TEXT}", tokens=16)
    moving = own_engine.adapters / "tiny-b"
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, "tiny-a", {"A" * 16}) for _ in range(3)]
        asking += [pool.submit(ask, "tiny-b", {"B" * 16, "D" * 16}) for _ in range(3)]
        try:
            for letter in "DBDB":
                give_weights(moving, spare / f"tiny-{letter.lower()}")
                assert client.post("/adapters", json={"name": "tiny-b"}).status_code == 200
                assert say(client, "tiny-b", TEXT) == letter * 8
                give_weights(own_engine.adapters / "tiny-e", spare / "tiny-e")
                assert client.post("/adapters", json={"name": "tiny-e"}).status_code == 200
                assert say(client, "tiny-e", TEXT) == "E" * 8
                assert client.delete("/adapters/tiny-e").status_code == 200
                assert say(client, BASE, f"0 {TEXT}", tokens=16) == alone
        finally:
            over.set()
        asked = sum(one.result() for one in asking)
    assert asked > 50, "too little traffic to prove anything"
    assert load(moving).engine_name in listed(own_engine)


def test_after_a_restart_no_adapter_is_missing(
    own_engine: RealEngine, client: httpx2.Client, spare: Path
) -> None:
    """Those that came at run time, too; callers get 503 in between, and nothing else."""
    give_weights(own_engine.adapters / "tiny-c", spare / "tiny-c")
    assert client.post("/adapters", json={"name": "tiny-c"}).status_code == 200
    # A broken default would stop the launcher, a broken other must not.
    shutil.copytree(spare / "tiny-d", own_engine.adapters / "tiny-d")
    (own_engine.adapters / "tiny-d" / "adapter_model.safetensors").write_bytes(b"torn")
    back = threading.Event()
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(_refused_s, client, back)
        try:
            own_engine.kill()
            until(lambda: client.get("/ready").status_code == 503, 30)
            killed = time.monotonic()
            own_engine.start()
            started_s = time.monotonic() - killed
            until(lambda: client.get("/ready").status_code == 200, 60)
        finally:
            back.set()
        refused_s = asking.result()
    print(f"503 for {refused_s:.1f} s, of which the engine took {started_s:.1f} s to start")
    assert say(client, "tiny-c", TEXT) == "C" * 8
    assert say(client, "tiny-a", TEXT) == "A" * 8


def _refused_s(client: httpx2.Client, back: threading.Event) -> float:
    """Ask until ``back`` is set; the seconds from the first 503 to the last. Each answer is 200 or
    503, and some are the latter."""
    refused = []
    while not back.is_set():
        status = client.post("/extract", json={"text": "甲"}).status_code
        assert status in (200, 503)
        if status == 503:
            refused.append(time.monotonic())
    assert refused
    return refused[-1] - refused[0]
