"""An engine that cannot be reached is not asked again and again; one that was missed is, once."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.app import create_app
from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, gateway_settings, running
from tests.support.fake_engine import FakeEngine, fails
from tests.support.openai_script import BODY, CHAT, chat_answer, writes
from tests.support.serving import client_of, free_port, serving
from tests.support.waiting import until

pytestmark = pytest.mark.slow

OPEN = "nerve_engine_breaker_open"


@contextmanager
def in_front_of(adapters: Path, port: int, **settings: object) -> Iterator[Gateway]:
    """A gateway whose engine is, or is not, at ``port``."""
    url = f"http://127.0.0.1:{port}"
    app = create_app(gateway_settings(adapters, engine_url=url, **settings))
    with serving(app) as url, client_of(url) as client:
        yield Gateway(url, client, FakeEngine(BASE, ENGINE_NAME))


def test_it_opens_refuses_and_closes_by_itself(adapters: Path) -> None:
    """503 with Retry-After while the engine is away; the first look that it answers ends that."""
    port = free_port()
    with in_front_of(adapters, port, breaker_failures=3) as gateway:
        until(lambda: gateway.metric(OPEN) == 1)
        answer = gateway.extract("甲")
        error = error_of(answer)
        assert (answer.status_code, error["type"]) == (503, "engine_unavailable")
        assert error["code"] == "breaker_open"
        assert answer.headers["retry-after"] == "1"
        with serving(gateway.engine, port):
            until(lambda: gateway.metric(OPEN) == 0)
            gateway.wait_until_ready()
            assert gateway.extract("甲").status_code == 200


def test_an_open_breaker_asks_the_engine_nothing(adapters: Path) -> None:
    """A listener that hangs up on everybody sees the gateway's looks, and no request."""
    with _hanging_up() as (port, asked), in_front_of(adapters, port) as gateway:
        until(lambda: gateway.metric(OPEN) == 1)
        for _ in range(5):
            assert error_of(gateway.extract("甲"))["code"] == "breaker_open"
        assert not [line for line in asked if line.startswith(b"POST")]


def test_zero_never_opens(adapters: Path) -> None:
    """Each request finds out for itself."""
    with in_front_of(adapters, free_port(), breaker_failures=0) as gateway:
        for _ in range(8):
            error = error_of(gateway.extract("甲"))
            assert (error["type"], error["code"]) == ("engine_unavailable", None)
        assert gateway.metric(OPEN) == 0


def test_what_the_engine_says_does_not_open_it(adapters: Path) -> None:
    """An engine that answers is there, whatever it answers."""
    with running(adapters, breaker_failures=1) as gateway:
        gateway.engine.script = fails(500, {})
        for _ in range(3):
            assert gateway.extract("甲").status_code == 502
        assert gateway.metric(OPEN) == 0


class _Dropping:
    """A pipe to an engine that lets go of a connection when its second request comes."""

    def __init__(self, engine_port: int, after_s: float = 0) -> None:
        self._engine_port, self._after_s = engine_port, after_s
        self.dropped = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._engine_port)
        back = asyncio.create_task(_pipe(there[0], writer))
        posts = 0
        try:
            while data := await reader.read(65536):
                posts += data.count(b"POST /v1/")
                if posts > 1:
                    self.dropped += 1
                    await asyncio.sleep(self._after_s)
                    return
                there[1].write(data)
        finally:
            back.cancel()
            there[1].close()
            writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


@contextmanager
def dropping(after_s: float, adapters: Path) -> Iterator[tuple[Gateway, _Dropping]]:
    """A gateway whose engine drops each kept connection, ``after_s`` seconds after the request."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    with serving(engine) as url:
        pipe = _Dropping(int(url.rsplit(":", 1)[1]), after_s)
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(pipe, "127.0.0.1", 0), loop
        )
        server = starting.result(5)
        port = server.sockets[0].getsockname()[1]
        # Looks, which use connections too, come once.
        with in_front_of(adapters, port, probe_interval_s=60) as gateway:
            gateway.wait_until_ready()
            gateway.engine.reset()
            engine.script = writes(chat_answer("甲"))
            yield Gateway(gateway.url, gateway.client, engine), pipe
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def test_a_connection_that_closed_meanwhile_is_tried_once_more(adapters: Path) -> None:
    """The caller sees nothing of it, and the engine worked once for each request."""
    with dropping(0, adapters) as (gateway, pipe):
        for _ in range(4):
            assert gateway.client.post(CHAT, json=BODY).status_code == 200
        assert pipe.dropped >= 1
        assert len(gateway.engine.asked) == 4


def test_an_engine_that_may_have_begun_is_not_asked_again(adapters: Path) -> None:
    """Closed later than a round trip takes: 503, and the caller decides."""
    with dropping(1.2, adapters) as (gateway, pipe):
        statuses = [gateway.client.post(CHAT, json=BODY).status_code for _ in range(2)]
        assert 503 in statuses
        assert pipe.dropped == statuses.count(503)


@contextmanager
def _hanging_up() -> Iterator[tuple[int, list[bytes]]]:
    """A listener that reads what comes and closes; its port, and the first lines that it read."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    asked.append(connection.recv(65536).split(b"\r\n")[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
