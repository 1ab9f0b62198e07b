"""Callers that are slow, idle, or not even HTTP: each is ended in time, and the others go on."""

import json
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import (
    GatewayProcess,
    ask_live,
    gateway_process,
    read_to_the_end,
)
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving

RECEIVE_S = 1.0
MOST = 300
HEAD = b"POST /extract HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
def gateway(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway with little patience."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = finds("甲")
    folder = tmp_path_factory.mktemp("gateway")
    with (
        serving(engine) as url,
        gateway_process(
            adapters, url, folder, receive_s=RECEIVE_S, max_connections=MOST
        ) as gateway,
    ):
        yield gateway
        assert "Traceback" not in gateway.said()


def status_of(answer: bytes) -> int:
    """Of a raw answer."""
    return int(answer.split(b" ", 2)[1])


def error_in(answer: bytes) -> dict[str, Any]:
    """Our envelope in a raw answer."""
    error: dict[str, Any] = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def answers(gateway: GatewayProcess) -> bool:
    """Are other callers served?"""
    found = httpx2.post(f"{gateway.url}/extract", json={"text": "甲"}, timeout=20, trust_env=False)
    return gateway.status("/live") == 200 and found.json()["entities"][0]["text"] == "甲"


def test_a_body_that_trickles(gateway: GatewayProcess) -> None:
    """408 in the envelope, and the connection is closed."""
    with gateway.connect() as client:
        client.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        started = time.monotonic()
        client.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - started < 20:
            client.sendall(b" ")
            try:
                answer = client.recv(65536)
            except TimeoutError:
                continue
        assert RECEIVE_S * 0.9 <= time.monotonic() - started < 10
        client.settimeout(10)
        answer += read_to_the_end(client)
    assert status_of(answer) == 408
    assert b"connection: close" in answer.lower()
    assert error_in(answer)["type"] == "request_timeout"
    assert "did not come in within 1 s" in error_in(answer)["message"]


@pytest.mark.parametrize("begun", [b"", b"GET /live HT", HEAD])
def test_a_head_that_never_ends(gateway: GatewayProcess, begun: bytes) -> None:
    """408, too, also for a connection on which nothing ever comes."""
    started = time.monotonic()
    answer = gateway.talk(begun)
    assert RECEIVE_S * 0.9 <= time.monotonic() - started < 10
    assert (status_of(answer), error_in(answer)["type"]) == (408, "request_timeout")


def test_a_second_head_that_never_ends(gateway: GatewayProcess) -> None:
    """A kept connection has no more time than a new one."""
    with gateway.connect() as client:
        assert status_of(ask_live(client)) == 200
        started = time.monotonic()
        client.sendall(b"GET /live HT")
        assert status_of(read_to_the_end(client)) == 408
    assert time.monotonic() - started < 10


def test_a_giant_header(gateway: GatewayProcess) -> None:
    """431 at once."""
    started = time.monotonic()
    answer = gateway.talk(
        b"GET /live HTTP/1.1\r\nhost: localhost\r\nx-big: " + b"a" * 65536 + b"\r\n\r\n"
    )
    assert (status_of(answer), error_in(answer)["type"]) == (431, "invalid_request_error")
    assert time.monotonic() - started < 5


def test_headers_without_end(gateway: GatewayProcess) -> None:
    """The same for many small ones."""
    answer = gateway.talk(HEAD, *[b"x-%d: %s\r\n" % (n, b"a" * 1000) for n in range(64)])
    assert status_of(answer) == 431


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}oops\r\n0\r\n\r\n",
        HEAD + b"content-length: two\r\n\r\n{}",
        HEAD + b"transfer-encoding: gzip\r\n\r\n{}",
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_not_http(gateway: GatewayProcess, request_bytes: bytes) -> None:
    """400 in the envelope; then the connection ends."""
    answer = gateway.talk(request_bytes)
    assert status_of(answer) == 400
    assert error_in(answer)["type"] == "invalid_request_error"


def test_a_batch_that_breaks_in_mid_request(gateway: GatewayProcess) -> None:
    """What has been answered stands; the answer has no end, which tells the caller."""
    head = HEAD.replace(b"/extract", b"/extract/batch") + b"transfer-encoding: chunked\r\n\r\n"
    with gateway.connect() as client:
        client.sendall(head + b'6\r\n"\xe7\x94\xb2"\n\r\n')
        answer = b""
        while b'"line":1' not in answer:
            answer += client.recv(65536)
        client.sendall(b"zz\r\n")
        answer += read_to_the_end(client)
    assert status_of(answer) == 200
    assert not answer.endswith(b"0\r\n\r\n")


def test_idle_connections(gateway: GatewayProcess) -> None:
    """10,000 that say nothing: no more than the limit are held, and others are still served."""
    count, before = 10_000, gateway.memory_mib()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, count + 500), hard), hard))
    if min(max(soft, count + 500), hard) < count + 500:
        pytest.skip(f"{hard} files are too few")
    with ExitStack() as idle:
        clients: list[socket.socket] = []
        for number in range(count):
            clients.append(idle.enter_context(gateway.connect()))
            if number % 2000 == 1999:
                assert answers(gateway)
        held = len(list(Path(f"/proc/{gateway.process.pid}/fd").iterdir()))
        assert held < MOST + 50
        assert gateway.memory_mib() - before < 50
        print(f"{count} idle: {held} files, {gateway.memory_mib() - before:.1f} MiB more")
    assert answers(gateway)


def test_slow_bodies_take_no_place_of_others(gateway: GatewayProcess) -> None:
    """As many as there are places trickle; the others are answered meanwhile."""
    with ExitStack() as slow:
        for _ in range(100):
            client = slow.enter_context(gateway.connect())
            client.sendall(HEAD + b"content-length: 1000\r\n\r\n{")
        assert answers(gateway)
