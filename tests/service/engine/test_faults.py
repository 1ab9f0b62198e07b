"""What callers get when the engine fails, over HTTP, and that the gateway lives on."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from service.app import create_app
from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, gateway_settings, running
from tests.support.fake_engine import FakeEngine, Script, babbles, completes, cuts, fails
from tests.support.serving import client_of, free_port, serving
from tests.support.waiting import until

pytestmark = pytest.mark.slow


def finishes(reason: str) -> Script:
    """A script: the completion ends for this reason."""
    return completes("姓名：叶", finish_reason=reason)


ENGINE_FAULTS: dict[str, tuple[Script, int, str]] = {
    "an error page": (fails(500, {"error": "boom"}), 502, "engine_error"),
    "a bad request of ours": (fails(400, {"error": "grammar"}), 502, "engine_error"),
    "its core is dead": (
        fails(500, {"error": {"message": "EngineCore encountered an issue."}}),
        503,
        "engine_unavailable",
    ),
    "it is starting": (fails(503, {}), 503, "engine_unavailable"),
    "the adapter is not loaded": (fails(404, {}), 503, "engine_unavailable"),
    "it is full": (fails(429, {}), 429, "overloaded"),
    "the window is smaller than thought": (
        fails(400, {"error": {"message": "This model's maximum context length is 10"}}),
        413,
        "request_too_large",
    ),
    "no JSON": (babbles(b"<html>"), 502, "engine_error"),
    "other JSON": (babbles(b'{"choices": []}'), 502, "engine_error"),
    "no choices": (
        babbles(b'{"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}'),
        502,
        "engine_error",
    ),
    "fewer tokens than none": (
        babbles(
            b'{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}],'
            b' "usage": {"prompt_tokens": 1, "completion_tokens": -1}}'
        ),
        502,
        "engine_error",
    ),
    "it aborts": (finishes("abort"), 503, "engine_unavailable"),
    "an unknown end": (finishes("repetition"), 502, "engine_error"),
    "half an answer": (cuts(b'{"choices": ['), 503, "engine_unavailable"),
}


@pytest.mark.parametrize("fault", ENGINE_FAULTS)
def test_a_fault_of_the_engine(gateway: Gateway, fault: str) -> None:
    """Its row of the table, and the next request is answered."""
    script, status, kind = ENGINE_FAULTS[fault]
    gateway.engine.script = script
    response = gateway.extract("叶老桂")
    assert (response.status_code, error_of(response)["type"]) == (status, kind)
    assert ("retry-after" in response.headers) == (status in (429, 503))
    gateway.engine.script = completes("姓名：叶老桂")
    assert len(gateway.extract("叶老桂").json()["entities"]) == 1


class TestTimeout:
    """The deadline passes."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A short deadline."""
        with running(adapters, deadline_s=0.3) as gateway:
            yield gateway

    def test_deadline(self, gateway: Gateway) -> None:
        """504, and the engine's work is cancelled by closing its connection."""
        gateway.engine.script = gateway.engine.hangs
        response = gateway.extract("叶老桂")
        assert (response.status_code, error_of(response)["type"]) == (504, "engine_timeout")
        assert gateway.engine.left.wait(5)


def test_a_client_that_leaves_cancels_the_engines_work(gateway: Gateway) -> None:
    """The engine sees its connection closed, and the place is free again."""
    gateway.engine.script = gateway.engine.hangs
    cancelled = 'nerve_engine_requests_total{outcome="cancelled"}'
    before = gateway.metric(cancelled)
    hasty = client_of(gateway.url, 0.3)
    with hasty, pytest.raises(httpx2.ReadTimeout):
        hasty.post("/extract", json={"text": "叶老桂"})
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
    assert gateway.metric(cancelled) == before + 1


class TestOverload:
    """More requests than places."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """One place."""
        with running(adapters, max_in_flight=1) as gateway:
            yield gateway

    def test_the_next_is_refused_at_once(self, gateway: Gateway) -> None:
        """429 with Retry-After while the place is taken; health still answers."""
        gateway.engine.script = gateway.engine.hangs
        with client_of(gateway.url) as first:
            body = {"text": "叶老桂"}
            holder = threading.Thread(target=lambda: _ignore_cut(first, body), daemon=True)
            holder.start()
            assert gateway.engine.busy.wait(5)
            response = gateway.extract("叶老桂")
            assert (response.status_code, error_of(response)["type"]) == (429, "overloaded")
            assert response.headers["retry-after"] == "1"
            assert gateway.client.get("/live").status_code == 200


def _ignore_cut(client: httpx2.Client, body: dict[str, str]) -> None:
    try:
        client.post("/extract", json=body)
    except (httpx2.HTTPError, RuntimeError):
        return


class TestEngineDown:
    """Nothing listens where the engine should be; later, something does."""

    def test_down_then_up(self, adapters: Path) -> None:
        """503 with Retry-After, live but not ready; recovers by itself, without a restart."""
        port = free_port()
        app = create_app(gateway_settings(adapters, engine_url=f"http://127.0.0.1:{port}"))
        engine = FakeEngine(BASE, ENGINE_NAME)
        with serving(app) as url, client_of(url) as client:
            gateway = Gateway(url, client, engine)
            response = gateway.extract("叶老桂")
            assert (response.status_code, error_of(response)["type"]) == (503, "engine_unavailable")
            assert int(response.headers["retry-after"]) > 0
            assert client.get("/live").status_code == 200
            assert client.get("/ready").status_code == 503
            with serving(engine, port):
                gateway.wait_until_ready()
                assert gateway.extract("叶老桂").status_code == 200
            until(lambda: client.get("/ready").status_code == 503)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"models": ["other"]}, f"does not serve {BASE}; it has other"),
        ({"window": 1024}, "window is 1024 tokens"),
        ({"grounds": False}, "does not keep to a grammar"),
    ],
)
def test_ready_names_the_condition_that_fails(
    adapters: Path, change: dict[str, object], says: str
) -> None:
    """503 and one sentence."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    for name, value in change.items():
        setattr(engine, name, value)
    with serving(engine) as engine_url:
        app = create_app(gateway_settings(adapters, engine_url=engine_url))
        with serving(app) as url, client_of(url) as client:
            until(lambda: says in client.get("/ready").text)
            assert client.get("/ready").status_code == 503
