"""Processes of the service: started, watched, started again, and none left behind."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from deploy.up.supervised import Part, Supervised, UpFailed
from tests.deploy.up.processes import is_alive
from tests.support.serving import free_port
from tests.support.waiting import until

# A server that has a child of its own, as vLLM does, and writes both process ids down.
SERVER = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with pathlib.Path("pids").open("a") as pids:
    pids.write(f"{os.getpid()} {child.pid}\\n")
os.execv(sys.executable, [sys.executable, "-m", "http.server", sys.argv[1], "-b", "127.0.0.1"])
"""


def part_of(folder: Path, *command: str, port: int) -> Part:
    """A part that runs in ``folder`` and is ready when its port answers."""
    return Part(
        name="engine",
        command=[sys.executable, *command],
        env={},
        cwd=folder,
        log=folder / "logs" / "engine.log",
        ready_url=f"http://127.0.0.1:{port}/",
        start_s=20,
    )


def pids(folder: Path) -> list[list[int]]:
    """Process and child, one row a start."""
    return [[int(pid) for pid in row.split()] for row in (folder / "pids").read_text().splitlines()]


def with_server(folder: Path, act: Callable[[Supervised, str], Awaitable[None]]) -> None:
    """Start the server, ``act``, stop it."""

    async def run() -> None:
        port = free_port()
        supervised = Supervised(part_of(folder, "-c", SERVER, str(port), port=port))
        try:
            await supervised.start(lambda news: None)
            await act(supervised, f"http://127.0.0.1:{port}/")
        finally:
            await supervised.stop()

    asyncio.run(run())


def test_stop_leaves_no_process(tmp_path: Path) -> None:
    """Neither the process nor what it started."""

    async def act(supervised: Supervised, url: str) -> None:
        assert all(is_alive(pid) for pid in pids(tmp_path)[0])

    with_server(tmp_path, act)
    until(lambda: not any(is_alive(pid) for pid in pids(tmp_path)[0]))


def test_a_dead_part_is_started_again(tmp_path: Path) -> None:
    """It says so, and the orphans of the dead one are gone."""
    said: list[str] = []

    async def act(supervised: Supervised, url: str) -> None:
        keeping = asyncio.create_task(supervised.keep(said.append))
        os.kill(pids(tmp_path)[0][0], signal.SIGKILL)
        await asyncio.to_thread(until, lambda: len(pids(tmp_path)) == 2)
        await asyncio.to_thread(until, lambda: _answers(url))
        assert not any(is_alive(pid) for pid in pids(tmp_path)[0])
        keeping.cancel()

    with_server(tmp_path, act)
    assert "engine ended with status -9" in said[0]
    assert "starting it again in 1 s" in said[0]


def test_it_is_started_again_where_nobody_can_be_told(tmp_path: Path) -> None:
    """A terminal that is gone, or one that cannot write the words."""

    def tell(line: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def act(supervised: Supervised, url: str) -> None:
        keeping = asyncio.create_task(supervised.keep(tell))
        os.kill(pids(tmp_path)[0][0], signal.SIGKILL)
        await asyncio.to_thread(until, lambda: len(pids(tmp_path)) == 2)
        keeping.cancel()

    with_server(tmp_path, act)


def test_what_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    """A log that cannot be written, say; the healthy parts stay up meanwhile."""
    said: list[str] = []
    logs = tmp_path / "logs"

    def tell(line: str) -> None:
        said.append(line)
        if "cannot be started" in line:
            logs.unlink()

    async def act(supervised: Supervised, url: str) -> None:
        logs.rename(tmp_path / "tidied")
        logs.touch()
        keeping = asyncio.create_task(supervised.keep(tell))
        os.kill(pids(tmp_path)[0][0], signal.SIGKILL)
        await asyncio.to_thread(until, lambda: keeping.done() or len(pids(tmp_path)) == 2)
        assert not keeping.done()
        keeping.cancel()

    with_server(tmp_path, act)
    assert "engine cannot be started (" in said[1]
    assert str(logs) in said[1] and "starting it again in 2 s" in said[1]


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


def test_a_part_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """At once, not after the time limit."""
    supervised = Supervised(
        part_of(tmp_path, "-c", "raise SystemExit('refused: no weights')", port=free_port())
    )
    with pytest.raises(UpFailed, match=r"ended with status 1.*\n.*refused: no weights"):
        asyncio.run(supervised.start(lambda news: None))


def test_a_log_that_is_tidied_away_ends_no_start(tmp_path: Path) -> None:
    """There is no news of it, that is all."""
    port = free_port()
    script = f"import pathlib; pathlib.Path('logs/engine.log').unlink(){SERVER}"
    supervised = Supervised(part_of(tmp_path, "-c", script, str(port), port=port))
    said: list[str] = []

    async def run() -> None:
        try:
            await supervised.start(said.append)
        finally:
            await supervised.stop()

    asyncio.run(run())
    assert set(said) <= {""}


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Even ``kill -9`` of `nerve up` ends the processes it started."""
    port = free_port()
    script = f"""
import asyncio, pathlib
from deploy.up.supervised import Supervised
from tests.deploy.up.test_supervised import SERVER, part_of
async def run():
    part = part_of(pathlib.Path({str(tmp_path)!r}), "-c", SERVER, "{port}", port={port})
    supervised = Supervised(part)
    await supervised.start(lambda news: None)
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(run())
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    server, child = pids(tmp_path)[0]
    until(lambda: not is_alive(server))
    os.kill(child, signal.SIGKILL)  # vLLM ends its own children; Python's http.server does not
