"""The pass-through when the engine fails, or refuses."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from tests.conftest import Gateway, error_of, gateway_settings
from tests.support.fake_engine import Script, completes, cuts, fails, streams
from tests.support.openai_script import (
    BODY,
    CHAT,
    STREAM,
    event,
    last_event,
    outcome,
    public,
    writes,
)
from tests.support.serving import client_of, free_port, serving

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
REFUSAL = b'{"error":{"message":"max_tokens is too large","type":"BadRequestError","code":400}}'


@pytest.mark.parametrize("status", [400, 413, 415, 422])
@pytest.mark.parametrize("fields", [BODY, STREAM])
def test_a_refusal_of_the_engine_is_passed_on(
    gateway: Gateway, status: int, fields: dict[str, object]
) -> None:
    """Its status, 422 as OpenAI's 400; its words, in our envelope."""
    before = outcome(gateway, "refused")
    gateway.engine.script = writes(REFUSAL, status)
    response = gateway.client.post(CHAT, json=fields)
    assert response.status_code == (400 if status == 422 else status)
    assert error_of(response) == {
        "message": "max_tokens is too large",
        "type": "invalid_request_error",
        "param": None,
        "code": f"engine_{status}",
    }
    assert outcome(gateway, "refused") == before + 1


def test_a_prompt_that_is_too_long_has_openais_code(gateway: Gateway) -> None:
    """Which LangChain, LiteLLM and others look for."""
    said = {"message": "This model's maximum context length is 2048 tokens.", "code": 400}
    gateway.engine.script = fails(400, {"error": said})
    error = error_of(gateway.client.post(CHAT, json=BODY))
    assert (error["message"], error["code"]) == (said["message"], "context_length_exceeded")


def test_an_error_that_the_engine_streams_is_in_our_words(gateway: Gateway) -> None:
    """As any other: a type and a code of ours, the engine's message."""
    said = b'data: {"error": {"message": "boom", "type": "InternalServerError", "code": 500}}\n\n'
    gateway.engine.script = streams(event("叶"), said)
    error = last_event(gateway.client.post(CHAT, json=STREAM).content)
    assert error == {"message": "boom", "type": "engine_error", "param": None, "code": "engine_500"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"structured_outputs": {"regex": "((a{3,15})+){24,}"}}, "structured_outputs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({}, None),
        ({"response_format": {"type": "text"}}, None),
        ({"tools": []}, None),
        ({"tools": [TOOL], "tool_choice": "auto"}, None),
        ({"tools": [TOOL], "tool_choice": "required"}, "tools"),
    ],
)
def test_a_grammar_that_the_engine_gives_up_is_the_callers(
    gateway: Gateway, fields: dict[str, Any], param: str | None
) -> None:
    """vLLM says 500 of it, which clients would try again; without a grammar it is the engine's."""
    said = {"message": "Internal server error", "type": "InternalServerError", "code": 500}
    gateway.engine.script = fails(500, {"error": said})
    response = gateway.client.post(CHAT, json={**BODY, **fields})
    error = error_of(response)
    assert (response.status_code, error["param"]) == (400 if param else 502, param)
    assert error["code"] == "engine_500"
    if param:
        assert error["type"] == "invalid_request_error"
        assert f"what {param} asks for became too large" in error["message"]


def test_a_grammar_that_is_given_up_in_mid_stream(gateway: Gateway) -> None:
    """Its last event says the same."""
    said = {"message": "Internal server error", "type": "InternalServerError", "code": 500}
    failed = f"data: {json.dumps({'error': said})}\n\n".encode()
    gateway.engine.script = streams(event("叶"), failed)
    fields = {**STREAM, "response_format": {"type": "json_object"}}
    error = last_event(gateway.client.post(CHAT, json=fields).content)
    assert (error["type"], error["param"]) == ("invalid_request_error", "response_format")
    error = last_event(gateway.client.post(CHAT, json=STREAM).content)
    assert (error["type"], error["message"]) == ("engine_error", "Internal server error")


@pytest.mark.parametrize("fields", [BODY, {**BODY, "response_format": {"type": "json_object"}}])
def test_another_500_stays_the_engines(gateway: Gateway, fields: dict[str, Any]) -> None:
    """Whatever the request asks for."""
    gateway.engine.script = fails(500, {"error": {"message": "boom"}})
    assert gateway.client.post(CHAT, json=fields).status_code == 502


@pytest.mark.parametrize(
    "body", [b'{"detail":"wrong"}', b'{"error":"wrong"}', b"wrong", b'["wrong"]', b"wrong \xff"]
)
def test_a_refusal_without_an_envelope_gets_one(gateway: Gateway, body: bytes) -> None:
    """With what the engine said in it."""
    gateway.engine.script = writes(body, 400, b"text/plain")
    response = gateway.client.post(CHAT, json=BODY)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (400, "engine_400")
    assert "wrong" in error["message"]
    assert response.headers["content-type"] == "application/json"


FAULTS: dict[str, tuple[Script, int, str]] = {
    "an error": (fails(500, {"error": {"message": "boom"}}), 502, "engine_error"),
    "no such thing": (fails(501, {}), 502, "engine_error"),
    "a redirect": (fails(307, {}), 502, "engine_error"),
    "our key is wrong": (fails(401, {"error": "Unauthorized"}), 502, "engine_error"),
    "its core is dead": (
        fails(500, {"error": {"message": "EngineCore encountered an issue."}}),
        503,
        "engine_unavailable",
    ),
    "it is starting": (fails(503, {}), 503, "engine_unavailable"),
    "the adapter is not loaded": (fails(404, {}), 503, "engine_unavailable"),
    "the adapter is broken": (
        fails(400, {"error": {"message": "LoRA adapter 'x' was found but could not be loaded"}}),
        502,
        "engine_error",
    ),
    "it is full": (fails(429, {}), 429, "overloaded"),
    "a page": (writes(b"<html>", kind=b"text/html"), 502, "engine_error"),
    "half an answer": (cuts(b'{"choices": ['), 503, "engine_unavailable"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("fields", [BODY, STREAM])
def test_a_fault_of_the_engine(gateway: Gateway, fault: str, fields: dict[str, object]) -> None:
    """Our envelope, whether or not a stream was asked for; the next request is answered."""
    script, status, kind = FAULTS[fault]
    gateway.engine.script = script
    response = gateway.client.post(CHAT, json=fields)
    assert (response.status_code, error_of(response)["type"]) == (status, kind)
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert response.headers["x-request-id"]
    gateway.engine.script = completes("叶")
    assert gateway.client.post(CHAT, json=BODY).status_code == 200


async def cut(body: dict[str, Any], receive: object, send: object) -> None:
    """The end of a script: the connection breaks."""
    raise asyncio.CancelledError


@pytest.mark.parametrize("rest", [b"", b'data: {"id":"x', b'data: {"id":"x"}\n'])
def test_a_stream_that_breaks_ends_with_an_error(gateway: Gateway, rest: bytes) -> None:
    """An event of its own in OpenAI's shape, whatever was cut off before it; no [DONE]."""
    before = outcome(gateway, "unavailable")
    gateway.engine.script = streams(event("叶"), rest, then=cut)
    response = gateway.client.post(CHAT, json=STREAM)
    assert response.status_code == 200
    assert response.content.startswith(public(event("叶")))
    assert last_event(response.content)["type"] == "engine_unavailable"
    assert b"[DONE]" not in response.content
    assert outcome(gateway, "unavailable") == before + 1


def test_a_stream_that_breaks_before_its_first_line_is_an_error(gateway: Gateway) -> None:
    """With a status, so that clients try again."""
    gateway.engine.script = streams(b'data: {"id', then=cut)
    response = gateway.client.post(CHAT, json=STREAM)
    assert (response.status_code, error_of(response)["type"]) == (503, "engine_unavailable")


def test_an_empty_stream_is_one(gateway: Gateway) -> None:
    """Nothing is added to it."""
    gateway.engine.script = streams()
    response = gateway.client.post(CHAT, json=STREAM)
    assert (response.status_code, response.content) == (200, b"")


class TestDown:
    """Nothing listens where the engine should be."""

    def test_unavailable(self, adapters: Path) -> None:
        """503 with Retry-After, on every route that needs the engine."""
        url = f"http://127.0.0.1:{free_port()}"
        app = create_app(gateway_settings(adapters, engine_url=url))
        with serving(app) as here, client_of(here) as client:
            for response in (
                client.post(CHAT, json=BODY),
                client.post(CHAT, json=STREAM),
                client.get("/v1/models"),
            ):
                assert error_of(response)["type"] == "engine_unavailable"
                assert (response.status_code, "retry-after" in response.headers) == (503, True)
