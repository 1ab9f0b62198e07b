"""x-request-id: on every answer, and in the engine's request."""

from pathlib import Path

import pytest

from service.app import create_app
from tests.conftest import Gateway, gateway_settings
from tests.support.fake_engine import streams
from tests.support.openai_script import CHAT, DONE, MESSAGES, event
from tests.support.serving import client_of, serving

ROUTES = (
    ("GET", "/live", None, 200),
    ("GET", "/v1/models", None, 200),
    ("GET", "/nope", None, 404),
    ("GET", "/extract", None, 405),
    ("POST", "/extract", {"text": "叶"}, 200),
    ("POST", "/extract", {"text": 3}, 422),
    ("POST", "/extract", {"text": "叶" * 900_000}, 413),
    ("POST", CHAT, {"messages": MESSAGES}, 200),
    ("POST", CHAT, {"model": "nope"}, 404),
)


@pytest.mark.parametrize(("method", "path", "body", "status"), ROUTES)
def test_an_id_is_kept_or_made(
    gateway: Gateway, method: str, path: str, body: object, status: int
) -> None:
    """On every route, errors too."""
    for asked in ("mine", "x" * 128, "with space and ~!"):
        headers = {"x-request-id": asked}
        response = gateway.client.request(method, path, json=body, headers=headers)
        assert (response.status_code, response.headers["x-request-id"]) == (status, asked)
    made = [gateway.client.request(method, path, json=body) for _ in range(2)]
    ids = {response.headers["x-request-id"] for response in made}
    assert len(ids) == 2
    assert all(name.startswith("req-") for name in ids)


@pytest.mark.parametrize("asked", [b"x" * 129, b"", b"\xe5\x8f\xb6", b"a\tb"])
def test_an_id_that_cannot_be_used_is_replaced(gateway: Gateway, asked: bytes) -> None:
    """It would go into the engine's headers and into logs."""
    headers = [(b"x-request-id", asked)]
    response = gateway.client.post(CHAT, json={"messages": MESSAGES}, headers=headers)
    chosen = response.headers["x-request-id"]
    assert chosen.startswith("req-")
    assert gateway.engine.seen[0].headers["x-request-id"] == chosen


def test_a_stream_has_it_too(gateway: Gateway) -> None:
    """In its headers, and in the engine's request."""
    gateway.engine.script = streams(event("叶"), DONE)
    body = {"messages": MESSAGES, "stream": True}
    response = gateway.client.post(CHAT, json=body, headers={"x-request-id": "mine"})
    assert response.headers["x-request-id"] == "mine"
    assert gateway.engine.seen[0].headers["x-request-id"] == "mine"


def test_a_fault_of_the_gateway_has_it_too(adapters: Path) -> None:
    """It is what a caller can report."""
    app = create_app(gateway_settings(adapters, engine_url="http://127.0.0.1:1"))

    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError

    with serving(app) as url, client_of(url) as client:
        response = client.get("/fault", headers={"x-request-id": "mine"})
        assert (response.status_code, response.headers["x-request-id"]) == (500, "mine")
