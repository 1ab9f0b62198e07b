"""What a caller sends beside its body, or behind an answer, has an end; so has what it leaves
unread."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest

from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process, read_to_the_end
from tests.support.fake_engine import FakeEngine, completes, finds
from tests.support.serving import serving
from tests.support.waiting import until

RECEIVE_S = 1.0
DEADLINE_S = 2.0
MOST = 20
LONG = 8_000_000  # more than the kernel takes for a connection
CHUNKED = (
    b"POST /extract HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def gateway(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway with little patience and few connections."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = lambda body, receive, send: (
        finds("甲") if "structured_outputs" in body else completes("a" * LONG)
    )(body, receive, send)
    folder = tmp_path_factory.mktemp("gateway")
    with (
        serving(engine) as url,
        gateway_process(
            *(adapters, url, folder),
            receive_s=RECEIVE_S,
            deadline_s=DEADLINE_S,
            max_connections=MOST,
        ) as gateway,
    ):
        yield gateway
        assert "Traceback" not in gateway.said()


@pytest.mark.parametrize(
    "beside",
    [
        b"0\r\n" + b"x-y: %s\r\n" % (b"a" * 1000) * 200,
        b"0\r\nx-y: " + b"a" * 200_000,
        b"1;" + b"a" * 200_000,
    ],
    ids=["trailers", "one trailer", "an extension"],
)
def test_beside_a_body_there_is_little(gateway: GatewayProcess, beside: bytes) -> None:
    """Trailers and a chunk's extension count as a head does, and none of it is kept."""
    before = gateway.memory_mib()
    answer = gateway.talk(CHUNKED, *[beside[at : at + 8000] for at in range(0, len(beside), 8000)])
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert gateway.memory_mib() - before < 20


def test_a_trailer_is_no_header(gateway: GatewayProcess) -> None:
    """What is asked has been decided before it comes."""
    body = '{"text": "甲"}'.encode()
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    chunk = b"%x\r\n%s\r\n0\r\nx-nerve-deadline-ms: 0\r\nx-y: z\r\n\r\n" % (len(body), body)
    assert gateway.talk(head, chunk).startswith(b"HTTP/1.1 200 ")


def test_a_body_behind_its_answer(gateway: GatewayProcess) -> None:
    """Who was refused and goes on sending keeps no connection: the others could not connect."""
    head = (
        b"POST /extract/batch?x=1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999\r\n\r\n"
    )
    with ExitStack() as stack:
        held = [stack.enter_context(gateway.connect()) for _ in range(MOST)]
        for one in held:
            one.sendall(head + b" ")
            assert one.recv(65536).startswith(b"HTTP/1.1 422 ")
        began = time.monotonic()
        until(lambda: all(map(_is_closed, held)), within_s=20)
        assert time.monotonic() - began < RECEIVE_S + 10
    assert gateway.status("/live") == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 413), ({"origin": "https://evil.example"}, 403), ({"x-nerve-deadline-ms": "soon"}, 422)],
)
def test_a_refusal_reaches_who_is_still_sending(
    gateway: GatewayProcess, headers: dict[str, str], status: int
) -> None:
    """A connection closed at once would take the answer with it: an asynchronous client gives up
    at the first byte that it cannot send."""

    async def ask() -> int:
        async with httpx2.AsyncClient(trust_env=False) as client:
            answer = await client.post(
                f"{gateway.url}/extract", content=b" " * LONG, headers=headers
            )
            return answer.status_code

    assert asyncio.run(ask()) == status


def _is_closed(client: socket.socket) -> bool:
    with suppress(ConnectionError):
        client.sendall(b" ")
        client.settimeout(0.05)
        try:
            return client.recv(65536) == b""
        except TimeoutError:
            return False
    return True


def _asks(client: socket.socket, port: int) -> None:
    """A long answer; what the kernel takes of it is no longer the gateway's."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
    client.connect(("127.0.0.1", port))
    asked = b'{"messages": [{"role": "user", "content": "x"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(asked)
    client.sendall(head + asked)


def test_answers_that_are_not_read(gateway: GatewayProcess) -> None:
    """A whole answer is kept for a caller as long as the next part of a stream is."""
    with ExitStack() as stack:
        for _ in range(5):
            _asks(stack.enter_context(socket.socket()), gateway.port)
        until(lambda: _connections(gateway) == 5, within_s=20)
        until(lambda: _connections(gateway) == 0, within_s=20)


def test_an_answer_that_is_read_slowly(gateway: GatewayProcess) -> None:
    """Whoever takes some of it now and then gets all of it."""
    with socket.socket() as client:
        _asks(client, gateway.port)
        client.settimeout(30)
        taken, began = client.recv(4096), time.monotonic()
        while time.monotonic() - began < DEADLINE_S * 3:
            taken += client.recv(100_000)
            time.sleep(0.01)
        taken += read_to_the_end(client)
    assert taken.startswith(b"HTTP/1.1 200 ")
    assert taken.count(b"a") > LONG


def _connections(gateway: GatewayProcess) -> int:
    """Open ones of callers, by the kernel's table; the gateway's own to its engine are others."""
    port = f":{gateway.port:04X}"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(row.split()[1].endswith(port) and row.split()[3] == "01" for row in rows)
