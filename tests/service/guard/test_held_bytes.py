"""Bodies that are held are counted as they grow, whoever holds a place."""

import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, running
from tests.deploy.gateway.gateway_process import gateway_process
from tests.service.guard.test_access import bearer
from tests.service.guard.test_keys import table
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving
from tests.support.waiting import until

pytestmark = pytest.mark.slow

MB = 1_000_000
HEAD = b"%s %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


def unfinished(
    gateway: Gateway, path: bytes, size: int, method: bytes = b"POST", key: bytes = b""
) -> socket.socket:
    """A request of which ``size`` bytes have come, and no more do."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)), timeout=20)
    own = b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n" % (key, size + 1)
    client.sendall(HEAD % (method, path) + own + b" " * size)
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


@pytest.mark.parametrize("request_line", [b"GET /live", b"GET /metrics", b"POST /playground/x"])
def test_who_needs_no_key_holds_nothing(adapters: Path, request_line: bytes) -> None:
    """33 bodies that nobody had asked for a key kept every caller out."""
    with running(adapters, max_held_bytes=MB, max_body_bytes=MB) as gateway:
        method, _, path = request_line.partition(b" ")
        with unfinished(gateway, path, 900_000, method) as client:
            assert client.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 405", b"HTTP/1.1 404")
            assert gateway.metric("nerve_held_bytes") == 0


def test_the_last_bytes_are_for_keys_that_hold_few(adapters: Path, tmp_path: Path) -> None:
    """One of eight, as of places: also where a key has a limit of requests."""
    path = tmp_path / "keys.toml"
    tables = [table("busy", "busy", "extract", more="concurrency = 9"), table("o", "o", "extract")]
    path.write_text("".join(tables), encoding="utf-8")
    limits = {"api_keys_file": path, "max_held_bytes": MB, "max_body_bytes": MB // 4}
    with running(adapters, **limits) as gateway, ExitStack() as stack:
        gateway.engine.script = finds("甲")
        for size in (200_000,) * 4:
            stack.enter_context(unfinished(gateway, b"/extract", size, key=b"busy"))
        until(lambda: gateway.metric("nerve_held_bytes") == 800_000)
        body = {"text": "甲" * 30_000}
        refused = gateway.client.post("/extract", json=body, headers=bearer("busy"))
        assert (refused.status_code, error_of(refused)["code"]) == (429, "key_share")
        assert "expected up to 875000 with this one" in error_of(refused)["message"]
        answered = gateway.client.post("/extract", json=body, headers=bearer("o"))
        assert answered.status_code == 200


def test_the_largest_body_finds_room_whoever_sends_it(adapters: Path, tmp_path: Path) -> None:
    """Nothing is kept back from it, where it is the only one."""
    path = tmp_path / "keys.toml"
    path.write_text(table("a", "a", "extract") + table("b", "b", "extract"), encoding="utf-8")
    limits = {"api_keys_file": path, "max_held_bytes": MB, "max_body_bytes": MB}
    with running(adapters, **limits) as gateway:
        spaces = b'{"text": ""' + b" " * (MB - 12) + b"}"
        head = {"content-type": "application/json", **bearer("a")}
        assert gateway.client.post("/extract", content=spaces, headers=head).status_code == 200


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
            _send(client, HEAD % (b"POST", b"/extract") + b"content-length: %d\r\n\r\n" % (2 * MB))
            _send(client, b" " * (2 * MB - 10))
        until(lambda: gateway.status("/live") == 200, within_s=60)
        grown = gateway.memory_mib() - before
        print(f"400 unfinished bodies of 2 MB: {before:.0f} MiB, {grown:.0f} more")
        assert grown < 150


def _send(client: socket.socket, data: bytes) -> None:
    with suppress(ConnectionError):  # it was refused
        client.sendall(data)
