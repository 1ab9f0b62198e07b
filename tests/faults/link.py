"""The network between gateway and engine: a relay that can be slow, lossy or gone."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Mode = Literal["well", "slow", "hole", "closes", "cuts"]
# Of an answer: what "cuts" lets through.
CUT_BYTES = 120


class Link:
    """Relays bytes in both directions; ``mode`` holds for connections old and new.

    ``slow``: each piece of an answer waits ``delay_s``. ``hole``: nothing gets through and nobody
    is told. ``closes``: a request's connection is closed without an answer. ``cuts``: in the
    middle of it.
    """

    def __init__(self, port: int, delay_s: float = 0.3) -> None:
        self._to, self._delay_s = port, delay_s
        self.mode: Mode = "well"

    async def _accept(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            engine, forth = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            back.transport.abort()
            return
        ways = (self._requests(caller, forth, back), self._answers(engine, back))
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for writer in (forth, back):
            writer.close()

    async def _requests(
        self, caller: asyncio.StreamReader, forth: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while data := await caller.read(65536):
                if self.mode == "closes":
                    back.transport.abort()
                    return
                if self.mode != "hole":
                    forth.write(data)
                    await forth.drain()

    async def _answers(self, engine: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await engine.read(65536):
                if self.mode == "slow":
                    await asyncio.sleep(self._delay_s)
                if self.mode == "cuts":
                    back.write(data[:CUT_BYTES])
                    return
                if self.mode != "hole":
                    back.write(data)
                    await back.drain()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """On a port of loopback, in a thread; yields its address."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        starting = asyncio.start_server(self._accept, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
