"""The engine's own queue: when it is full, the next caller is told at once."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.engine.queue import length
from tests.conftest import Gateway, error_of, running
from tests.support.fake_engine import METRICS
from tests.support.openai_script import BODY, CHAT, STREAM, chat_answer, writes
from tests.support.waiting import until

pytestmark = pytest.mark.slow

LIMIT = 5
GAUGE = "nerve_engine_queue_length"


@pytest.fixture(scope="module")
def limited(adapters: Path) -> Iterator[Gateway]:
    """A gateway with a small limit."""
    with running(adapters, engine_queue_limit=LIMIT) as gateway:
        yield gateway


@pytest.fixture
def gateway(limited: Gateway) -> Gateway:
    """Its engine as new."""
    limited.engine.reset()
    until(lambda: limited.metric(GAUGE) == 0)
    return limited


def queue(gateway: Gateway, waiting: int) -> None:
    """So many requests wait in the engine, and the gateway has seen it."""
    gateway.engine.metrics = METRICS.format(waiting=waiting)
    until(lambda: gateway.metric(GAUGE) == waiting)


@pytest.mark.parametrize(
    ("path", "body"), [("/extract", {"text": "甲"}), (CHAT, BODY), (CHAT, STREAM)]
)
def test_a_full_queue_refuses(gateway: Gateway, path: str, body: dict[str, object]) -> None:
    """429 with Retry-After, without a word to the engine; not ready is something else."""
    queue(gateway, LIMIT)
    answer = gateway.client.post(path, json=body)
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["code"]) == (429, "overloaded", "engine_queue")
    assert f"{LIMIT} requests wait in the engine; expected fewer than {LIMIT}" in error["message"]
    assert int(answer.headers["retry-after"]) >= 1
    assert gateway.engine.seen == []
    assert gateway.client.get("/ready").status_code == 200


def test_a_queue_with_room_does_not(gateway: Gateway) -> None:
    """Nor one that has shrunk."""
    queue(gateway, LIMIT)
    queue(gateway, LIMIT - 1)
    assert gateway.extract("甲").status_code == 200
    gateway.engine.script = writes(chat_answer("甲"))
    assert gateway.client.post(CHAT, json=BODY).status_code == 200


@pytest.mark.parametrize("said", ["<html>", "", "vllm:num_requests_waiting{ 7", "other 1\n"])
def test_what_cannot_be_read_refuses_nobody(gateway: Gateway, said: str) -> None:
    """Although the queue was full before."""
    queue(gateway, LIMIT)
    gateway.engine.metrics = said
    until(lambda: math.isnan(gateway.metric(GAUGE)))
    assert gateway.extract("甲").status_code == 200


def test_without_a_limit_nobody_is_refused(adapters: Path) -> None:
    """0; the length is shown all the same."""
    with running(adapters, engine_queue_limit=0) as gateway:
        queue(gateway, 100_000)
        assert gateway.extract("甲").status_code == 200


def test_replicas_are_added_and_reasons_are_not() -> None:
    """Each engine core has a series of its own; the queue by reason is the same once more."""
    one = METRICS.format(waiting=3)
    other = 'vllm:num_requests_waiting{engine="1",model_name="base"} 4.0\n'
    assert length(one + other) == 7
