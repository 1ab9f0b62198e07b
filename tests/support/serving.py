"""Run an ASGI application on a real socket, in a thread, for as long as a ``with`` lasts."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import uvicorn
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        self.up.set()

    async def main_loop(self) -> None:
        # uvicorn's own looks ten times a second whether it is over.
        await self.on_tick(0)
        await self.over.wait()

    def stop(self) -> None:
        """From another thread."""
        self.loop.call_soon_threadsafe(self.over.set)


@contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on loopback; yields its address. ``port`` 0 takes a free one."""
    # asyncio sets TCP_NODELAY only where the protocol is named; without it, an answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    # Connections rest as long as in the gateway: a client's would else end while it uses them anew.
    config = uvicorn.Config(
        app,
        log_level="error",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        ws="none",
        reset_contextvars=True,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        assert server.up.wait(10), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if server.up.is_set():
            server.stop()
        thread.join(10)
        listener.close()


def client_of(url: str, timeout_s: float = 20) -> httpx2.Client:
    """A client of ``url``, plain HTTP: to read certificates would take longer than most tests."""
    return httpx2.Client(base_url=url, timeout=timeout_s, trust_env=False, verify=False)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
