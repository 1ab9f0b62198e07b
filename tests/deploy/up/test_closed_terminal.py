"""What becomes of `nerve up` when its terminal goes."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

from tests.deploy.up.processes import is_alive
from tests.support.serving import free_port
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[3]


def has_terminal() -> None:
    """A child's own terminal, whose end it hears of, however the tests were started."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def start(home: Path, **options: Any) -> "subprocess.Popen[bytes]":
    """`nerve up` over stand-ins, in a session of its own."""
    ports = {str(free_port()) for _ in range(9)}
    words = [sys.executable, "-m", "tests.deploy.up.stand_ins", str(home), ports.pop(), ports.pop()]
    return subprocess.Popen(words, cwd=ROOT, start_new_session=True, **options)


def told(home: Path) -> list[str]:
    """What happened to engine and gateway, without their process ids."""
    lines = (home / "told").read_text().splitlines()
    return [line for line in lines if not line.split()[1].isdigit()]


def pids(home: Path) -> list[int]:
    """Those of engine and gateway, once they run."""
    if not (home / "told").exists():
        return []
    words = [line.split() for line in (home / "told").read_text().splitlines()]
    return [int(word[1]) for word in words if word[1].isdigit()]


def read_until(window: int, words: bytes) -> None:
    """Return when the terminal shows these words; OSError when its programs end before."""
    shown = b""
    while words not in shown:
        shown += os.read(window, 4096)


def test_a_closed_terminal_ends_all_in_order(tmp_path: Path) -> None:
    """The gateway first, and by force what does not end: nothing can be printed any more."""
    window, program = pty.openpty()
    process = start(
        tmp_path,
        stdin=program,
        stdout=program,
        stderr=program,
        preexec_fn=has_terminal,
    )
    os.close(program)
    read_until(window, b"Ctrl-C")
    os.close(window)
    process.wait(20)
    assert told(tmp_path) == ["gateway is asked to end", "engine is asked to end"]
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_a_reader_that_is_gone_keeps_nothing_from_ending(tmp_path: Path) -> None:
    """`nerve up | head`: what is printed goes nowhere, and all ends in order."""
    process = start(tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert any(b"Ctrl-C" in line for line in process.stdout)
    process.stdout.close()
    process.terminate()
    process.wait(20)
    assert told(tmp_path) == ["gateway is asked to end", "engine is asked to end"]
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_nohup_keeps_it_up(tmp_path: Path) -> None:
    """Where SIGHUP was ignored it stays so, as of `nerve serve`."""
    shown = (tmp_path / "nohup.out").open("wb")
    with shown:
        process = start(
            tmp_path, stdout=shown, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
    until(lambda: b"Ctrl-C" in (tmp_path / "nohup.out").read_bytes(), within_s=20)
    try:
        status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        (ignored,) = (line.split()[1] for line in status if line.startswith("SigIgn:"))
        assert int(ignored, 16) & 1 << (signal.SIGHUP - 1)
    finally:
        process.terminate()
        process.wait(20)
