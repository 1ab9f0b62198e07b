"""Requests that are none, and models that are none: refused before the engine is bothered."""

import pytest

from tests.conftest import ADAPTER, BASE, Gateway, error_of
from tests.support.openai_script import CHAT, COMPLETIONS

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"n": NaN}', b"{}{}", b'{"a":' + b"[" * 100_000]
)
@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, "/tokenize", "/detokenize"])
def test_a_body_that_is_no_json_object(gateway: Gateway, path: str, body: bytes) -> None:
    """400."""
    response = gateway.client.post(path, content=body, headers=JSON)
    assert (response.status_code, error_of(response)["type"]) == (400, "invalid_request_error")
    assert gateway.engine.seen == []


def test_a_field_that_is_there_twice(gateway: Gateway) -> None:
    """400: the engine might read the other one."""
    body = f'{{"model": "{ADAPTER}", "model": "{BASE}"}}'.encode()
    response = gateway.client.post(CHAT, content=body, headers=JSON)
    assert (response.status_code, error_of(response)["param"]) == (400, "model")


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, "/tokenize", "/detokenize"])
@pytest.mark.parametrize("name", ["nope", "", f"{ADAPTER}@01234567", "../../etc"])
def test_an_unknown_model(gateway: Gateway, path: str, name: str) -> None:
    """404 with param model, the engine's own names included; the engine is not bothered."""
    response = gateway.client.post(path, json={"model": name})
    error = error_of(response)
    assert (response.status_code, error["type"]) == (404, "not_found_error")
    assert (error["param"], error["code"]) == ("model", "model_not_found")
    assert gateway.engine.seen == []
