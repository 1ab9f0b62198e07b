"""Bodies that are held are counted as they grow, whoever holds a place."""

import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, running
from tests.deploy.gateway.gateway_process import gateway_process
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving
from tests.support.waiting import until

pytestmark = pytest.mark.slow

MB = 1_000_000
HEAD = b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


def unfinished(gateway: Gateway, path: bytes, size: int) -> socket.socket:
    """A request of which ``size`` bytes have come, and no more do."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)), timeout=20)
    client.sendall(HEAD % path + b"content-length: %d\r\n\r\n" % (size + 1) + b" " * size)
    return client


def test_what_would_be_too_much_is_refused(adapters: Path) -> None:
    """429 with a time to wait, as long as others hold theirs; then it is answered again."""
    with running(adapters, max_held_bytes=MB, max_body_bytes=MB) as gateway:
        gateway.engine.script = finds("甲")
        with unfinished(gateway, b"/extract", 900_000):
            until(lambda: gateway.metric("nerve_held_bytes") == 900_000)
            refused = gateway.extract("甲" * 50_000)
            assert (refused.status_code, error_of(refused)["code"]) == (429, "held_bytes")
            assert refused.headers["retry-after"] == "1"
            assert gateway.extract("甲").status_code == 200
        until(lambda: gateway.metric("nerve_held_bytes") == 0)
        assert gateway.extract("甲" * 5_000).status_code == 200
        assert gateway.metric("nerve_held_bytes") == 0


def test_an_unfinished_row_of_a_batch_counts_too(adapters: Path) -> None:
    """And is let go with its batch; a batch is read on when there is room."""
    with running(adapters, max_held_bytes=MB, max_body_bytes=MB) as gateway:
        gateway.engine.script = finds("甲")
        with unfinished(gateway, b"/extract/batch", 900_000):
            until(lambda: gateway.metric("nerve_held_bytes") == 900_000)
            assert gateway.extract("甲" * 50_000).status_code == 429
        until(lambda: gateway.metric("nerve_held_bytes") == 0)
        rows = ('"甲"\n' * 5).encode()
        answer = gateway.client.post("/extract/batch", content=rows)
        assert answer.text.count('"甲"') == 5
        assert gateway.metric("nerve_held_bytes") == 0


@pytest.mark.slow
def test_four_hundred_unfinished_bodies_cost_little(adapters: Path, tmp_path: Path) -> None:
    """The memory of the budget, not of the bodies; others are served meanwhile."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = finds("甲")
    with (
        serving(engine) as url,
        gateway_process(adapters, url, tmp_path, max_held_bytes=32 * MB) as gateway,
        ExitStack() as stack,
    ):
        before = gateway.memory_mib()
        for _ in range(400):
            client = stack.enter_context(gateway.connect())
            _send(client, HEAD % b"/extract" + b"content-length: %d\r\n\r\n" % (2 * MB))
            _send(client, b" " * (2 * MB - 10))
        until(lambda: gateway.status("/live") == 200, within_s=60)
        grown = gateway.memory_mib() - before
        print(f"400 unfinished bodies of 2 MB: {before:.0f} MiB, {grown:.0f} more")
        assert grown < 150


def _send(client: socket.socket, data: bytes) -> None:
    with suppress(ConnectionError):  # it was refused
        client.sendall(data)
