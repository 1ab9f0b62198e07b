"""The gateway in front of a real vLLM: grounding, death and recovery, cancellation."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, RealEngine
from tests.support.waiting import until

TEXTS = (
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。",
    "在👩‍👩‍👧和𠮷野家之间\r\n有“IT”公司",
    'דנה said: "C:\\temp" <|im_end|>',
)
# One chunk. Held to nothing, this adapter writes its own letter until its room is used up.
ENDLESS = {"text": "很长的句子" * 50, "model": "tiny-a", "constraint": "none"}


@pytest.fixture(scope="module")
def client(session_engine: RealEngine) -> Iterator[httpx2.Client]:
    """A client of a gateway that knows the tiny model and its adapters."""
    with gateway(session_engine) as client:
        yield client


@pytest.fixture
def ready(engine: RealEngine, client: httpx2.Client) -> httpx2.Client:
    """The client, once the gateway has found the engine."""
    until(lambda: client.get("/ready").status_code == 200, 60)
    return client


def adapters_of(engine: RealEngine) -> list[str]:
    """Public names of the adapters."""
    return [name for name in engine.names if name != BASE]


@pytest.mark.parametrize("constraint", ["grounded", "schema", "none"])
def test_every_answer_of_random_weights_is_accounted_for(
    ready: httpx2.Client, engine: RealEngine, constraint: str
) -> None:
    """Entities stand where the answer says; what is not in the text can only come ungrounded."""
    for name in (BASE, *adapters_of(engine)[:2]):
        for text in TEXTS:
            body = {"text": text, "model": name, "constraint": constraint}
            answer = ready.post("/extract", json=body).raise_for_status().json()
            assert answer["model"] == name
            for entity in answer["entities"]:
                assert text[entity["start"] : entity["end"]] == entity["text"]
            strays = [
                d for d in answer["dropped"] if d["reason"] in ("not_in_text", "unknown_label")
            ]
            assert not strays or constraint != "grounded", strays


def test_the_engine_is_killed_in_mid_request_and_comes_back(
    ready: httpx2.Client, engine: RealEngine
) -> None:
    """503 with Retry-After, soon; live but not ready; ready again after a restart, by itself."""
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(ready.post, "/extract", json=ENDLESS)
        until(lambda: engine.requests_running() == 1)
        killed = time.monotonic()
        engine.kill()
        response = asked.result()
    assert (response.status_code, response.json()["error"]["type"]) == (503, "engine_unavailable")
    assert "retry-after" in response.headers
    assert time.monotonic() - killed < 10
    until(lambda: ready.get("/ready").status_code == 503)
    assert ready.get("/live").status_code == 200
    assert ready.post("/extract", json={"text": "甲"}).status_code == 503
    engine.start()
    until(lambda: ready.get("/ready").status_code == 200, 30)
    assert ready.post("/extract", json={"text": "甲"}).status_code == 200


def test_a_client_that_leaves_frees_the_engine(ready: httpx2.Client, engine: RealEngine) -> None:
    """vLLM's own count of running requests goes back to none."""
    cancelled = 'nerve_engine_requests_total{outcome="cancelled"}'
    before = _metric(ready, cancelled)
    with pytest.raises(httpx2.ReadTimeout):
        ready.post("/extract", json=ENDLESS, timeout=0.5)
    until(lambda: _metric(ready, cancelled) > before)
    until(lambda: engine.requests_running() == 0)


def test_a_prompt_over_the_window_is_refused_with_the_engines_count(ready: httpx2.Client) -> None:
    """A long text is cut, long examples are not: 413 names the window and the prompt's tokens."""
    examples = [{"text": "字" * 500, "entities": []}] * 8
    body = {"text": "甲", "model": BASE, "examples": examples}
    response = ready.post("/extract", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (413, "examples")
    assert "2048 tokens" in response.json()["error"]["message"]


def _metric(client: httpx2.Client, series: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(series))
