"""Child processes on chosen cores, and the processor time that they used."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from deploy.bench.errors import BenchError
from deploy.process import end_with_parent

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_END_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Cores:
    """Where things run: contenders share one core with nothing else."""

    contender: int
    load: int
    engine: int

    @classmethod
    def found(cls) -> "Cores":
        """The first cores that this process may use; raises BenchError for fewer than two."""
        free = sorted(os.sched_getaffinity(0))
        if len(free) < 2:
            raise BenchError("this machine gives one core; the benchmark needs two or more")
        return cls(contender=free[1], load=free[0], engine=free[2] if len(free) > 2 else free[0])


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, and what it uses with all its children."""

    pid: int

    def cpu_s(self) -> float:
        """Processor time until now, in seconds."""
        return sum(_cpu_s(pid) for pid in _family(self.pid))

    def resident_mib(self) -> float:
        """Resident memory now, in MiB."""
        return sum(_resident(pid) for pid in _family(self.pid)) / 2**20


@contextmanager
def running(
    command: Sequence[str | Path],
    core: int | None,
    ready_url: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    within_s: float = 120,
) -> Iterator[Running]:
    """A server on ``core``, from the moment that ``ready_url`` answers 200; ended afterwards.

    Raises BenchError with the end of ``log`` when it does not come up.
    """
    pinned = ["taskset", "-c", str(core), *command] if core is not None else list(command)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(word) for word in pinned],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            preexec_fn=end_with_parent,
        )
    try:
        _wait(child, ready_url, log, within_s)
        yield Running(child.pid)
    finally:
        _end(child)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(child: "subprocess.Popen[bytes]", url: str, log: Path, within_s: float) -> None:
    until = time.monotonic() + within_s
    with httpx2.Client(timeout=5, trust_env=False) as client:
        while child.poll() is None and time.monotonic() < until:
            try:
                if client.get(url).status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.1)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    raise BenchError("\n".join([f"{log.stem} did not come up; the end of {log}:", *lines]))


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _family(root: int) -> set[int]:
    """A process and all that descend from it."""
    parents = {
        int(path.name): int(fields[1])
        for path in Path("/proc").glob("[0-9]*")
        if (fields := _fields(int(path.name)))
    }
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _fields(pid: int) -> list[str]:
    """State, parent and so on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _cpu_s(pid: int) -> float:
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _resident(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[21]) * _PAGE if fields else 0
