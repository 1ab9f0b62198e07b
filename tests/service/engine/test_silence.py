"""An engine that takes connections and answers nothing: frozen, or without time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.engine.exchange import SILENCE_S
from tests.conftest import ADAPTER, ENGINE_NAME, Gateway, error_of, running
from tests.support.fake_engine import streams
from tests.support.openai_script import CHAT, DONE, STREAM, event
from tests.support.waiting import until

pytestmark = pytest.mark.slow

# Long after the silence, long before a request's minute is over.
WELL_BEFORE_S = 30

# As a process that has been stopped: the kernel goes on taking connections for it.
EVERYTHING = ("/v1/models", "/metrics", "/tokenize", CHAT)


@pytest.fixture(scope="module")
def patient(adapters: Path) -> Iterator[Gateway]:
    """A gateway whose requests have a minute, as by default."""
    with running(adapters, deadline_s=60) as gateway:
        yield gateway


@pytest.fixture
def gateway(patient: Gateway) -> Gateway:
    """It, its engine as new."""
    patient.engine.reset()
    patient.wait_until_ready()
    return patient


def is_ready(gateway: Gateway) -> bool:
    """By /ready."""
    return gateway.client.get("/ready").status_code == 200


def test_a_frozen_engine_is_not_ready(gateway: Gateway) -> None:
    """503 long before a request's deadline, and ready again once it goes on."""
    gateway.engine.mute = EVERYTHING
    until(lambda: not is_ready(gateway), within_s=WELL_BEFORE_S)
    error = error_of(gateway.client.get("/ready"))
    assert error["code"] == "not_ready"
    assert f"has said nothing for {SILENCE_S} s" in error["message"]
    gateway.engine.mute = ()
    gateway.wait_until_ready()


def test_an_engine_that_goes_on_with_a_stream_is_busy(gateway: Gateway) -> None:
    """However long it takes to tell its models; once the stream is over, it is silent."""
    pieces = 2 * SILENCE_S
    gateway.engine.script = streams(*[event("叶")] * pieces, DONE, pause_s=1)
    gateway.engine.mute = ("/v1/models", "/metrics")
    with gateway.client.stream("POST", CHAT, json=STREAM) as response:
        ready = [is_ready(gateway) for line in response.iter_lines() if line.startswith("data: {")]
    assert ready == [True] * pieces
    until(lambda: not is_ready(gateway), within_s=WELL_BEFORE_S)


class TestItsModels:
    """Asked for by callers, who hold no place."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A gateway whose engine has fallen silent."""
        with running(adapters, deadline_s=60) as gateway:
            gateway.engine.mute = EVERYTHING
            yield gateway

    def test_many_callers_are_one_to_it(self, gateway: Gateway) -> None:
        """Each is told of the silence; none of them is a connection of its own to the engine."""
        paths = ["/v1/models", f"/v1/models/{ADAPTER}"] * 25
        with ThreadPoolExecutor(len(paths)) as pool:
            answers = list(pool.map(gateway.client.get, paths))
        assert {answer.status_code for answer in answers} == {504}
        assert all("has said nothing" in error_of(answer)["message"] for answer in answers)
        assert gateway.engine.muted["/v1/models"] < 5

    def test_one_who_leaves_takes_the_answer_from_nobody(self, gateway: Gateway) -> None:
        """Whose deadline is over; the other, who came meanwhile, is told of the silence."""
        soon = {"x-nerve-deadline-ms": "300"}
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(gateway.client.get, "/v1/models", headers=soon)
            until(lambda: gateway.engine.muted["/v1/models"] > 0)
            other = pool.submit(gateway.client.get, "/v1/models")
            assert "x-nerve-deadline-ms" in error_of(first.result())["message"]
            assert "has said nothing" in error_of(other.result())["message"]


class TestItsCore:
    """It hangs, and the HTTP side before it does not know."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A gateway with a short deadline."""
        with running(adapters, deadline_s=1) as gateway:
            yield gateway

    def test_nothing_is_completed(self, gateway: Gateway) -> None:
        """503 once a request and then the gateway's own had all their time; ready again after."""
        gateway.engine.mute = (CHAT,)
        assert gateway.extract("叶老桂").status_code == 504
        until(lambda: not is_ready(gateway), within_s=60)
        assert f"{ADAPTER} (as {ENGINE_NAME}) does not answer" in gateway.client.get("/ready").text
        gateway.engine.mute = ()
        gateway.wait_until_ready()

    def test_one_request_is_too_much(self, gateway: Gateway) -> None:
        """Its caller gets 504; the gateway asks for itself and is answered: ready all the time."""
        completed = 'nerve_engine_requests_total{outcome="ok"}'
        before = gateway.metric(completed)
        gateway.engine.script = gateway.engine.hangs
        assert gateway.extract("叶老桂").status_code == 504
        until(lambda: not is_ready(gateway) or gateway.metric(completed) > before, within_s=60)
        assert is_ready(gateway)
