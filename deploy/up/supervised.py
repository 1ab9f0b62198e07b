"""A process of the service that is started again when it dies."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from subprocess import SubprocessError

import httpx2

from deploy.process import Child
from deploy.terminal.show import try_to_tell

LOOK_S = 0.25
STOP_GRACE_S = 30.0
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 60.0
# A process that lived this long was well: its next restart starts from the first delay again.
WELL_S = 120.0


class UpFailed(Exception):
    """What kept the service from coming up, in a sentence, or with the end of a log."""


Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """How to run a process, and where it answers 200 once it can work (``start_s`` seconds);
    asked to end, it has ``stop_s`` seconds."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready_url: str
    start_s: float
    stop_s: float = STOP_GRACE_S


class Supervised:
    """One part, running from ``start`` to ``stop``."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """The part's name."""
        return self._part.name

    async def start(self, tell: Tell) -> None:
        """Return once the part is ready; raises UpFailed when it ends first, or takes too long."""
        part = self._part
        part.log.unlink(missing_ok=True)
        child = await self._spawn()
        ready = asyncio.create_task(_ready(part.ready_url, lambda: tell(child.last_lines(1))))
        ended = asyncio.create_task(child.wait())
        try:
            done, _ = await asyncio.wait(
                {ready, ended}, timeout=part.start_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            ready.cancel()
            ended.cancel()
        if ready in done and ended not in done:
            ready.result()
        else:
            what = f"ended with status {ended.result()}" if done else "is not ready"
            raise UpFailed(
                f"{part.name} {what} (limit {part.start_s:.0f} s); the end of {part.log}:\n"
                + child.last_lines(15)
            )

    async def keep(self, tell: Tell) -> None:
        """Start the part again whenever it dies, later each time it dies soon; for ever."""
        delay = FIRST_DELAY_S
        while True:
            assert self._child is not None, "keep() comes after start()"
            started = time.monotonic()
            status = await self._child.wait()
            if time.monotonic() - started > WELL_S:
                delay = FIRST_DELAY_S
            what = f"ended with status {status} (log: {self._part.log})"
            await self._child.stop(STOP_GRACE_S)
            while what:
                say = f"{self._part.name} {what}; starting it again in {delay:.0f} s"
                try_to_tell(tell, say)
                await asyncio.sleep(delay)
                delay = min(2 * delay, LONGEST_DELAY_S)
                what = await self._spawned_or_why_not()

    async def stop(self) -> None:
        """End the process and whatever it started."""
        if self._child is not None:
            await self._child.stop(self._part.stop_s)

    async def _spawned_or_why_not(self) -> str:
        """Empty, or why it cannot be started now: a full disk, an environment that is made anew."""
        try:
            await self._spawn()
        except (OSError, SubprocessError) as exc:
            return f"cannot be started ({exc})"
        return ""

    async def _spawn(self) -> Child:
        part = self._part
        self._child = await Child.start(part.command, part.env, part.cwd, part.log)
        return self._child


async def _ready(url: str, meanwhile: Callable[[], None]) -> None:
    async with httpx2.AsyncClient(timeout=5, trust_env=False) as client:
        while not await _answers(client, url):
            meanwhile()
            await asyncio.sleep(LOOK_S)  # a process that starts sends no word when it is up


async def _answers(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == HTTPStatus.OK
    except httpx2.TransportError:
        return False
