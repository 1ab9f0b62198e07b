"""Requests sent behind one another on a connection, without waiting for the first answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import (
    LIVE,
    GatewayProcess,
    gateway_process,
    read_to_the_end,
)
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving
from tests.support.waiting import until

BODY = b'{"text": "x"}'
EXTRACT = (
    b"POST /extract HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@pytest.fixture(scope="module")
def engine() -> FakeEngine:
    """A scripted one."""
    return FakeEngine(BASE, ENGINE_NAME)


@pytest.fixture(scope="module")
def gateway(
    engine: FakeEngine, adapters: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    """A gateway in front of it."""
    folder = tmp_path_factory.mktemp("gateway")
    engine.script = finds("x")
    with serving(engine) as url, gateway_process(adapters, url, folder) as gateway:
        yield gateway
        assert "Traceback" not in gateway.said()


def in_flight(gateway: GatewayProcess) -> bool:
    """Does a request hold a place?"""
    return b"nerve_requests_in_flight 1.0" in gateway.talk(
        b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )


@pytest.mark.parametrize("behind", [LIVE, EXTRACT, EXTRACT * 50, b"GET /live HT", b"\x16\x03"])
def test_a_caller_who_leaves_is_seen_to_leave(
    engine: FakeEngine, gateway: GatewayProcess, behind: bytes
) -> None:
    """Whatever came behind its request: the place is free, and the engine's work is cancelled."""
    engine.script = engine.hangs
    engine.busy.clear()
    with gateway.connect() as client:
        client.sendall(EXTRACT + behind)
        assert engine.busy.wait(10)
        until(lambda: in_flight(gateway))
    until(lambda: not in_flight(gateway))
    engine.script = finds("x")


def test_all_are_answered_in_their_order(engine: FakeEngine, gateway: GatewayProcess) -> None:
    """However they are cut into parts, and though they are more than are read at once."""
    engine.script = finds("x")
    last = LIVE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    answers = gateway.talk(EXTRACT + LIVE + EXTRACT * 200, EXTRACT[:30], EXTRACT[30:], last)
    assert answers.count(b"HTTP/1.1 200") == 204
    assert answers.endswith(b'{"live":true}')


def test_what_is_no_request_spoils_no_answer_before_it(
    engine: FakeEngine, gateway: GatewayProcess
) -> None:
    """The first is answered whole; then the connection is closed."""
    engine.script = finds("x")
    answer = gateway.talk(EXTRACT + b"nonsense\r\n\r\n")
    assert answer.count(b"HTTP/1.1") == 1 and answer.startswith(b"HTTP/1.1 200")
    assert answer.rstrip().endswith(b"}")


def test_a_caller_who_sends_far_ahead_is_cut_off(
    engine: FakeEngine, gateway: GatewayProcess
) -> None:
    """It could not be seen to leave."""
    engine.script = engine.hangs
    engine.busy.clear()
    with gateway.connect() as client:
        client.sendall(EXTRACT + LIVE)
        assert engine.busy.wait(10)
        try:
            client.sendall(LIVE * 10_000)
            assert read_to_the_end(client) == b""
        except ConnectionError:
            pass
    until(lambda: not in_flight(gateway))


def test_none_has_the_deadline_or_the_trace_of_the_one_before(
    engine: FakeEngine, gateway: GatewayProcess
) -> None:
    """A proxy may send requests of several callers on one connection."""
    engine.script = engine.hangs
    own = b"x-nerve-deadline-ms: 50\r\ntraceparent: 00-%s-b7ad6b7169203331-01\r\n" % (b"7" * 32)
    first = EXTRACT.replace(b"host:", own + b"host:")

    async def then(body: Any, receive: Any, send: Any) -> None:
        engine.script = finds("x")
        await engine.hangs(body, receive, send)

    engine.script = then
    last = EXTRACT.replace(b"host:", b"connection: close\r\nhost:")
    answers = gateway.talk(first + EXTRACT + last)
    assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"504", b"200", b"200"]
    traces = [asked.headers.get("traceparent", "") for asked in engine.seen[-3:]]
    assert ["7" * 32 in trace for trace in traces] == [True, False, False]
