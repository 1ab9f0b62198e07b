"""What the system tells of several workers, as one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.observe.together import Together

# Holds files, or memory that it shares with a child of its own; says so, and waits.
HOLDS_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
held = [open("/dev/null") for _ in range(150)]
print(flush=True); sys.stdin.read()
"""
SHARES_MEMORY = """
import os, sys
held = b"x" * 200_000_000
child = os.fork()
if child:
    print(child, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def begun() -> Iterator[ExitStack]:
    """Ends what is begun."""
    with ExitStack() as stack:
        yield stack


def begin(begun: ExitStack, code: str) -> tuple[int, str]:
    """A process that waits; its number, and what it said."""
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    begun.callback(process.communicate)
    assert process.stdout is not None
    return process.pid, process.stdout.readline()


def told(folder: Path, *pids: int) -> dict[str, float]:
    """The system's series of these processes, the first of which watches over the others."""
    collected = Together(folder, lambda: pids).collect()
    return {sample.name: sample.value for family in collected for sample in family.samples}


def test_files_are_those_of_the_worker_nearest_to_its_limit(
    begun: ExitStack, tmp_path: Path
) -> None:
    """A sum would hide one that is full behind others that are not."""
    full, _ = begin(begun, HOLDS_FILES)
    found = told(tmp_path, os.getpid(), full)
    assert found["process_max_fds"] == 200
    assert 150 <= found["process_open_fds"] < 200


def test_memory_that_workers_share_counts_once(begun: ExitStack, tmp_path: Path) -> None:
    """As a fork does its parent's, until it writes."""
    watcher, said = begin(begun, SHARES_MEMORY)
    held = told(tmp_path, watcher, int(said))["process_resident_memory_bytes"]
    assert 200e6 < held < 300e6
