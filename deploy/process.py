"""A child process that never outlives us, with its output in a log file."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class Child:
    """One process in a session of its own: Ctrl-C in the terminal reaches us, and we stop it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls, command: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path
    ) -> "Child":
        """Run ``command`` in ``cwd``, its output appended to ``log``."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env={**os.environ, **env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        return cls(process, log)

    async def wait(self) -> int:
        """The exit status, once the process has ended."""
        return await self._process.wait()

    async def stop(self, grace_s: float) -> None:
        """End the whole session: politely, then after ``grace_s`` seconds by force."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace_s)
        # Whatever the process itself left behind in its session.
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def last_lines(self, count: int) -> str:
        """The end of its log, for an error message; nothing where the log is gone."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-count:])


def end_with_parent() -> None:
    """Called in the child: ask Linux to send SIGTERM when the parent dies, even by ``kill -9``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
