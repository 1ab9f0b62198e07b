"""Every row of the error table, over HTTP: status, envelope, and that the gateway lives on."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.app import create_app
from tests.conftest import BASE, ENGINE_NAME, Gateway, gateway_settings, running
from tests.fake_engine import FakeEngine, Script, babbles, completes, cuts, fails
from tests.serving import free_port, serving
from tests.waiting import until


def error_of(response: httpx2.Response) -> dict[str, Any]:
    """The envelope's content; it has these four fields, whatever went wrong."""
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"text": 3}, "text", "text has 3; expected a string"),
        ({}, "text", "text is missing"),
        ({"text": "a", "labels": []}, "labels", "labels has []; expected 1 to 100 names"),
        ({"text": "a", "labels": "name"}, "labels", "labels has 'name'"),
        ({"text": "a", "labels": ["nmae"]}, "labels", "'nmae'; expected labels of clue: company"),
        ({"text": "a", "labels": {"name": "x"}}, "labels", "expected a list"),
        ({"text": "a", "labels": [" "], "model": BASE}, "labels", "not blank"),
        ({"text": "a", "labels": ["a "], "model": BASE}, "labels", "no white space around it"),
        ({"text": "a", "labels": ["a\x7f"], "model": BASE}, "labels", "without control characters"),
        ({"text": "a", "x" * 1000: 1}, "x" * 64, "is not a field"),
        ({"text": "a", "offsets": "bytes"}, "offsets", "expected one of codepoint, utf16, utf8"),
        ({"text": "a", "constraint": "yes"}, "constraint", "one of grounded, schema, none"),
        ({"text": "a", "min_score": 2}, "min_score", "expected a number from 0 to 1"),
        ({"text": "a", "min_score": 0.5}, "min_score", "has no calibrated scores"),
        ({"text": "a", "texts": ["a"]}, "texts", "texts is not a field"),
        ({"text": "a\0"}, "text", "without NUL"),
    ],
)
def test_a_wrong_field_is_named(
    gateway: Gateway, fields: dict[str, object], param: str, says: str
) -> None:
    """422 with the field, the value, and what was expected."""
    response = gateway.client.post("/extract", json=fields)
    error = error_of(response)
    assert (response.status_code, error["type"]) == (422, "invalid_request_error")
    assert error["param"] == param
    assert says in error["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b"\xff\xfe{}", 400),
        (b"[1]", 422),
        (b'"text"', 422),
        (b"[" * 100_000, 400),
        (b'{"text": "\\ud800"}', 422),
    ],
)
def test_a_body_that_is_no_request(gateway: Gateway, body: bytes, status: int) -> None:
    """400 when it is not JSON, 422 when it is not an object with text."""
    headers = {"content-type": "application/json"}
    response = gateway.client.post("/extract", content=body, headers=headers)
    assert (response.status_code, error_of(response)["type"]) == (status, "invalid_request_error")


def test_an_unknown_model_lists_the_known_ones(gateway: Gateway) -> None:
    """404 with param model, before the engine is bothered."""
    response = gateway.extract("叶老桂", model="nope")
    error = error_of(response)
    assert (response.status_code, error["type"]) == (404, "not_found_error")
    assert error["param"] == "model"
    assert BASE in error["message"]
    assert "clue" in error["message"]
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nope", 404, "not_found_error"),
        ("GET", "/extract", 405, "invalid_request_error"),
    ],
)
def test_routes_that_are_none(
    gateway: Gateway, method: str, path: str, status: int, kind: str
) -> None:
    """The envelope, on every route."""
    response = gateway.client.request(method, path)
    assert (response.status_code, error_of(response)["type"]) == (status, kind)


class TestTooLarge:
    """413 says the limit that was passed."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """Small limits."""
        with running(adapters, max_body_bytes=3000, max_text_bytes=900) as gateway:
            yield gateway

    def test_body(self, gateway: Gateway) -> None:
        """Refused by its declared length."""
        response = gateway.extract("字" * 3000)
        assert (response.status_code, error_of(response)["type"]) == (413, "request_too_large")
        assert "3000 bytes" in error_of(response)["message"]

    def test_body_of_unknown_length(self, gateway: Gateway) -> None:
        """Refused once it has grown too large, when its length is not declared."""
        parts = (b'{"text": "' if i == 0 else b"x" * 1000 for i in range(10))
        response = gateway.client.post("/extract", content=parts)
        assert (response.status_code, error_of(response)["type"]) == (413, "request_too_large")

    def test_text(self, gateway: Gateway) -> None:
        """In bytes of UTF-8."""
        response = gateway.extract("字" * 301)
        assert (response.status_code, error_of(response)["param"]) == (413, "text")
        assert "900 bytes" in error_of(response)["message"]
        assert gateway.extract("字" * 300).status_code == 200

    def test_window(self, gateway: Gateway) -> None:
        """A text whose prompt fills the model's window."""
        gateway.engine.tokens = 2040
        assert gateway.extract("字" * 300).status_code == 200
        response = gateway.extract("字" * 300, model=BASE, labels=[f"{i:060}" for i in range(20)])
        assert (response.status_code, error_of(response)["param"]) == (413, "text")
        assert "2048 tokens" in error_of(response)["message"]


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
    hasty = httpx2.Client(base_url=gateway.url, timeout=0.3, trust_env=False)
    with hasty, pytest.raises(httpx2.ReadTimeout):
        hasty.post("/extract", json={"text": "叶老桂"})
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_extract_in_flight") == 0)
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
        with httpx2.Client(base_url=gateway.url, timeout=20, trust_env=False) as first:
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
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
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
        ({"models": [BASE]}, "does not serve clue (as clue@01234567)"),
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
        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            until(lambda: says in client.get("/ready").text)
            assert client.get("/ready").status_code == 503


def test_a_fault_of_the_gateway_is_a_500_in_answer_and_metrics(adapters: Path) -> None:
    """The envelope without the fault's words, a connection that is said to close, a count."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    with serving(engine) as engine_url:
        app = create_app(gateway_settings(adapters, engine_url=engine_url))

        @app.get("/fault")
        def fault() -> None:
            raise RuntimeError("secret")

        with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            response = client.get("/fault")
            assert (response.status_code, error_of(response)["type"]) == (500, "internal_error")
            assert "secret" not in response.text
            assert response.headers["connection"] == "close"
            gateway = Gateway(url, client, engine)
            series = 'nerve_http_requests_total{method="GET",route="/fault",status="500"}'
            assert gateway.metric(series) == 1


def test_a_million_characters_are_refused_before_any_work(gateway: Gateway) -> None:
    """No grammar is built and no engine asked for what cannot fit."""
    response = gateway.extract("字" * 300_000)
    assert (response.status_code, error_of(response)["param"]) == (413, "text")
    assert gateway.engine.asked == []


def test_the_value_in_a_message_is_cut(gateway: Gateway) -> None:
    """A message never echoes a whole text."""
    response = gateway.client.post("/extract", json={"text": ["x" * 10_000]})
    assert len(json.dumps(error_of(response))) < 400
