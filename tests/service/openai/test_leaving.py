"""The pass-through when the engine is slow, or is not wanted any more."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.conftest import Gateway, error_of, running
from tests.support.fake_engine import streams
from tests.support.openai_script import (
    BODY,
    CHAT,
    DONE,
    STREAM,
    chat_answer,
    event,
    last_event,
    outcome,
    public,
    waits_between,
    writes,
)
from tests.support.serving import client_of
from tests.support.waiting import until

pytestmark = pytest.mark.slow

JSON = "host: localhost\r\ncontent-type: application/json\r\n"


class TestDeadline:
    """The engine is too slow."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A short deadline."""
        with running(adapters, deadline_s=1) as gateway:
            yield gateway

    @pytest.mark.parametrize("fields", [BODY, STREAM])
    def test_no_answer(self, gateway: Gateway, fields: dict[str, object]) -> None:
        """504, and the engine's connection is closed."""
        gateway.engine.script = gateway.engine.hangs
        response = gateway.client.post(CHAT, json=fields)
        assert (response.status_code, error_of(response)["type"]) == (504, "engine_timeout")
        assert response.elapsed.total_seconds() < 5
        assert gateway.engine.left.wait(5)

    def test_no_first_event(self, gateway: Gateway) -> None:
        """504 as well, though the engine has sent its headers."""
        gateway.engine.script = streams(then=gateway.engine.hangs)
        response = gateway.client.post(CHAT, json=STREAM)
        assert (response.status_code, error_of(response)["type"]) == (504, "engine_timeout")
        assert gateway.engine.left.wait(5)

    def test_a_gap_in_a_stream(self, gateway: Gateway) -> None:
        """The stream ends with an error; the engine's connection is closed."""
        gateway.engine.script = streams(event("叶"), then=gateway.engine.hangs)
        response = gateway.client.post(CHAT, json=STREAM)
        assert last_event(response.content)["type"] == "engine_timeout"
        assert gateway.engine.left.wait(5)
        assert outcome(gateway, "timeout") == 1

    def test_a_long_stream_without_gaps(self, gateway: Gateway) -> None:
        """May take longer than the deadline; a whole answer may not."""
        gateway.engine.script = streams(*[event("叶")] * 4, DONE, pause_s=0.3)
        response = gateway.client.post(CHAT, json=STREAM)
        assert response.content == public(event("叶")) * 4 + DONE

    def test_a_client_that_does_not_read(self, gateway: Gateway) -> None:
        """Loses its connection and its place, and the engine is free."""
        big = event("叶" * 100_000)
        gateway.engine.script = streams(*[big] * 40, then=gateway.engine.hangs)
        before = outcome(gateway, "cancelled")
        address = urlsplit(gateway.url)
        body = json.dumps(STREAM).encode()
        head = f"POST {CHAT} HTTP/1.1\r\n{JSON}content-length: {len(body)}\r\n\r\n"
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall(head.encode() + body)
            assert gateway.engine.left.wait(10)
            until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
        assert outcome(gateway, "cancelled") == before + 1

    def test_a_client_that_does_not_read_whole_answers(self, gateway: Gateway) -> None:
        """Its answers take no place while they wait for it."""
        gateway.engine.script = writes(chat_answer("叶" * 3_000_000))
        address = urlsplit(gateway.url)
        body = json.dumps(BODY).encode()
        head = f"POST {CHAT} HTTP/1.1\r\n{JSON}content-length: {len(body)}\r\n\r\n"
        with socket.create_connection((address.hostname, address.port)) as client:
            client.sendall((head.encode() + body) * 2)
            until(lambda: len(gateway.engine.asked) == 2)
            until(lambda: gateway.metric("nerve_requests_in_flight") == 0)


@pytest.mark.parametrize("fields", [BODY, STREAM])
def test_a_client_that_leaves_before_the_answer(
    gateway: Gateway, fields: dict[str, object]
) -> None:
    """The engine's connection is closed at once, and the place is free."""
    gateway.engine.script = gateway.engine.hangs
    before = outcome(gateway, "cancelled")
    with (
        client_of(gateway.url, 0.3) as hasty,
        pytest.raises(httpx2.ReadTimeout),
    ):
        hasty.post(CHAT, json=fields)
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
    assert outcome(gateway, "cancelled") == before + 1


def test_a_client_that_leaves_in_mid_stream(gateway: Gateway) -> None:
    """The same."""
    gateway.engine.script = streams(event("叶"), then=gateway.engine.hangs)
    before = outcome(gateway, "cancelled")
    with gateway.client.stream("POST", CHAT, json=STREAM) as response:
        pieces = response.iter_raw()
        assert next(pieces) == public(event("叶"))
        assert gateway.metric("nerve_requests_in_flight") == 1
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
    assert outcome(gateway, "cancelled") == before + 1


class TestOverload:
    """More requests than places."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """One place."""
        with running(adapters, max_in_flight=1) as gateway:
            yield gateway

    def test_a_stream_holds_its_place_to_its_end(self, gateway: Gateway) -> None:
        """The next is refused at once, of whatever kind; later there is room again."""
        gate = threading.Event()
        gateway.engine.script = waits_between(gate, [event("叶")], [DONE])
        with gateway.client.stream("POST", CHAT, json=STREAM) as response:
            pieces = response.iter_raw()
            assert next(pieces) == public(event("叶"))
            for path, body in ((CHAT, BODY), (CHAT, STREAM), ("/extract", {"text": "叶"})):
                refused = gateway.client.post(path, json=body)
                assert (refused.status_code, error_of(refused)["type"]) == (429, "overloaded")
                assert refused.headers["retry-after"] == "1"
            gate.set()
            assert b"".join(pieces) == DONE
        gateway.engine.script = writes(chat_answer("叶"))
        assert gateway.client.post(CHAT, json=BODY).status_code == 200
