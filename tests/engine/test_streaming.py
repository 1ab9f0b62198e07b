"""Streamed extraction in front of the real engine: the same answer, and how much sooner it begins.

The times are printed (``pytest -s``), not asserted: they are the machine's.
"""

import shutil
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, RealEngine
from tests.support.streaming import Event, arriving, of

TEXTS = (
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。",
    "在👩‍👩‍👧和𠮷野家之间\r\n有“IT”公司，" * 3,
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。" * 9,  # two chunks
)


@pytest.fixture(scope="module")
def client(
    session_engine: RealEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """A client of a gateway whose adapters give a mention the place where it is read."""
    adapters = tmp_path_factory.mktemp("as-read") / "adapters"
    shutil.copytree(session_engine.adapters, adapters)
    for manifest in adapters.glob("*/adapter.toml"):
        text = manifest.read_text(encoding="utf-8")
        assert 'occurrences = "all"' in text
        manifest.write_text(text.replace('"all"', '"as_read"'), encoding="utf-8")
    with gateway(session_engine, adapters) as client:
        yield client


def timed(client: httpx2.Client, body: dict[str, Any]) -> tuple[list[Event], float, float]:
    """The events, and after how many seconds the first entity came and the last event."""
    started, first, events = time.perf_counter(), float("nan"), list[Event]()
    with client.stream("POST", "/extract", json={**body, "stream": True}) as response:
        assert response.status_code == 200
        for event in arriving(response):
            if event[0] == "entity" and not of(events, "entity"):
                first = time.perf_counter() - started
            events.append(event)
    return events, first, time.perf_counter() - started


@pytest.mark.parametrize("fields", [{}, {"scores": "raw"}, {"offsets": "utf8"}], ids=str)
def test_a_stream_is_the_whole_answer(client: httpx2.Client, fields: dict[str, Any]) -> None:
    """Of the base model, which waits, and of adapters, which do not; scores too."""
    found = 0
    for model in ("tiny-a", "tiny-b", BASE):
        for text in TEXTS:
            body = {"text": text, "model": model, **fields}
            began = time.perf_counter()
            answer = client.post("/extract", json=body).raise_for_status().json()
            whole = time.perf_counter() - began
            events, first, last = timed(client, body)
            entities = sorted(of(events, "entity"), key=lambda entity: entity["start"])
            expected = answer.pop("entities")
            assert [{**one, "score": None} for one in entities] == [
                {**one, "score": None} for one in expected
            ]
            for one, other in zip(entities, expected, strict=True):
                assert (one["score"] is None) == (other["score"] is None)
                assert (one["score"] or 0.0) == pytest.approx(other["score"] or 0.0, rel=1e-3)
            assert _sorted(of(events, "dropped")) == _sorted(answer.pop("dropped"))
            (done,) = of(events, "done")
            assert {**done, "id": answer["id"]} == answer
            found += len(entities)
            print(
                f"{model:12} {len(text):4} characters, {len(entities):3} entities: "
                f"first after {first:.2f} s, last event {last:.2f} s, whole answer {whole:.2f} s"
            )
    assert found


def _sorted(items: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted(item.items()) for item in items)
