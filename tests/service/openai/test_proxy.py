"""The pass-through: bytes in, bytes out, the model's name aside."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import ADAPTER, BASE, ENGINE_NAME, Gateway, running
from tests.support.fake_engine import completes, streams
from tests.support.openai_script import (
    CHAT,
    COMPLETIONS,
    DONE,
    MESSAGES,
    NASTY,
    chat_answer,
    event,
    public,
    waits_between,
    writes,
)

JSON = {"content-type": "application/json"}


def post(gateway: Gateway, body: bytes, path: str = CHAT) -> httpx2.Response:
    """POST these bytes."""
    return gateway.client.post(path, content=body, headers=JSON)


@pytest.mark.parametrize(
    ("asked", "passed"),
    [
        (
            f'{{"model": "{ADAPTER}", "messages":[]}}',
            f'{{"model": "{ENGINE_NAME}", "messages":[]}}',
        ),
        ('{"messages":[],\n "model" : null }', f'{{"messages":[],\n "model" : "{ENGINE_NAME}" }}'),
        (' {"messages":[]}', f' {{"model":"{ENGINE_NAME}","messages":[]}}'),
        ("{}", f'{{"model":"{ENGINE_NAME}"}}'),
        (f'{{"mod\\u0065l":"{ADAPTER}"}}', f'{{"mod\\u0065l":"{ENGINE_NAME}"}}'),
        (f'{{"user":"\\u4e00é","model":"{BASE}"}}', f'{{"user":"\\u4e00é","model":"{BASE}"}}'),
        (
            f'{{"metadata":{{"model":"{ADAPTER}"}},"model":"{ADAPTER}"}}',
            f'{{"metadata":{{"model":"{ADAPTER}"}},"model":"{ENGINE_NAME}"}}',
        ),
    ],
)
def test_of_the_request_only_the_models_name_changes(
    gateway: Gateway, asked: str, passed: str
) -> None:
    """Whatever its spelling; missing or null, it is the default model's."""
    assert post(gateway, asked.encode()).status_code == 200
    assert [one.body for one in gateway.engine.seen] == [passed.encode()]


def test_of_the_answer_only_the_models_name_changes(gateway: Gateway) -> None:
    """Byte for byte, though the model writes what the engine would."""
    answer = chat_answer(NASTY)
    gateway.engine.script = writes(answer, kind=b"application/json; charset=utf-8")
    response = gateway.client.post(CHAT, json={"messages": MESSAGES})
    assert response.content == public(answer)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["choices"][0]["message"]["content"] == NASTY


def test_the_base_models_answer_is_untouched(gateway: Gateway) -> None:
    """It has one name only."""
    answer = b'{ "model" : "' + BASE.encode() + b'" }'
    gateway.engine.script = writes(answer)
    assert gateway.client.post(CHAT, json={"model": BASE, "messages": []}).content == answer


def test_a_stream_is_passed_on_with_the_public_name_in_each_event(gateway: Gateway) -> None:
    """Wherever the engine's pieces are cut."""
    events = [event("叶"), event(NASTY), b": keep-alive\r\n\r\n", event("桂"), DONE]
    whole = b"".join(events)
    for size in (1, 7, 50, len(whole)):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        gateway.engine.script = streams(*pieces)
        response = gateway.client.post(CHAT, json={"messages": MESSAGES, "stream": True})
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.content == b"".join(map(public, events))


def test_an_event_waits_for_nothing_but_its_own_line(gateway: Gateway) -> None:
    """The engine goes on only when the client has had the whole event before, cut up or not."""
    gate = threading.Event()
    first = event("叶")
    pieces = [first[:20], first[20:-1], first[-1:]]
    gateway.engine.script = waits_between(gate, [*pieces, b'data: {"mod'], [b'el":"x"}\n\n', DONE])
    body, got = {"messages": MESSAGES, "stream": True}, b""
    with gateway.client.stream("POST", CHAT, json=body) as response:
        for piece in response.iter_raw():
            got += piece
            if got == public(first):
                gate.set()
    assert got == public(first) + b'data: {"model":"x"}\n\n' + DONE


def test_of_the_headers_only_the_harmless_ones_reach_the_engine(gateway: Gateway) -> None:
    """Neither keys nor cookies, nor the headers that steer vLLM; nor those of one hop."""
    headers = {
        "authorization": "Bearer of-the-caller",
        "cookie": "session=1",
        "connection": "x-private",
        "x-private": "1",
        "x-vllm-priority": "-9",
        "x-session-id": "1",
        "x-data-parallel-rank": "1",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x-request-id": "mine-1",
    }
    gateway.client.post(CHAT, json={"messages": MESSAGES}, headers=headers)
    (seen,) = gateway.engine.seen
    assert seen.headers["x-request-id"] == "mine-1"
    assert seen.headers["traceparent"] == headers["traceparent"]
    assert seen.headers["accept-encoding"] == "identity"
    refused = {"authorization", "cookie", "x-private"}
    assert not refused & set(seen.headers.keys())
    assert not {name for name in seen.headers if name.startswith(("x-v", "x-s", "x-d"))}


@pytest.mark.parametrize("value", [b"\xe5\x8f\xb6", b"a\tb", b""])
def test_a_header_that_cannot_be_sent_on_is_left_out(gateway: Gateway, value: bytes) -> None:
    """The request is answered all the same."""
    headers = {b"content-type": b"application/json", b"traceparent": value}
    body = b'{"messages": []}'
    assert gateway.client.post(CHAT, content=body, headers=headers).status_code == 200
    assert gateway.engine.seen[0].headers.get("traceparent") is None


class TestEngineKey:
    """The engine asks for a key of its own."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A gateway that knows the key."""
        with running(adapters, engine_api_key="the-engines") as gateway:
            yield gateway

    def test_the_engines_key_takes_the_callers_place(self, gateway: Gateway) -> None:
        """The caller's is not the engine's business."""
        headers = {"authorization": "Bearer of-the-caller"}
        gateway.client.post(CHAT, json={"messages": MESSAGES}, headers=headers)
        assert gateway.engine.seen[0].headers["authorization"] == "Bearer the-engines"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (COMPLETIONS, {"prompt": "叶老桂"}),
        ("/tokenize", {"prompt": "叶老桂"}),
        ("/tokenize", {"messages": MESSAGES, "add_generation_prompt": False}),
        ("/detokenize", {"tokens": [1, 2]}),
    ],
)
def test_other_routes_of_the_engine_that_are_open(
    gateway: Gateway, path: str, body: dict[str, object]
) -> None:
    """They take a public name too."""
    gateway.engine.script = completes("叶老桂")
    response = gateway.client.post(path, json={"model": ADAPTER, **body})
    assert response.status_code == 200
    (seen,) = gateway.engine.seen
    assert (seen.path, json.loads(seen.body)) == (path, {"model": ENGINE_NAME, **body})


def test_the_first_line_of_a_stream_is_timed(gateway: Gateway) -> None:
    """Streams only."""
    count = "nerve_time_to_first_token_seconds_count"
    before = gateway.metric(count)
    gateway.engine.script = streams(event("叶"), DONE)
    gateway.client.post(CHAT, json={"messages": MESSAGES, "stream": True})
    gateway.engine.script = completes("叶")
    gateway.client.post(CHAT, json={"messages": MESSAGES})
    assert gateway.metric(count) == before + 1
