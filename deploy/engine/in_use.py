"""Which processes run from a folder, as Linux tells. Standard library.

A process that holds a lock would have to be ours; an engine may be started by hand.
"""

import os
from pathlib import Path

_SHOWN = 60  # letters of a command line


def processes(folder: Path, proc: Path = Path("/proc")) -> list[str]:
    """``PID (COMMAND)`` of each process that was started with a program of ``folder``, or has a
    library of it in memory; none where the system does not tell."""
    roots = {os.fsencode(path) + b"/" for path in (folder.absolute(), folder.resolve())}
    found = []
    for one in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        words = _read(one / "cmdline").split(b"\0")
        if words[0].startswith(tuple(roots)) or _has(_read(one / "maps"), roots):
            found.append(f"{one.name} ({_shown(words)})")
    return found


def _has(maps: bytes, roots: set[bytes]) -> bool:
    return any(b" " + root in maps for root in roots)


def _shown(words: list[bytes]) -> str:
    program, *more = map(os.fsdecode, words)
    return " ".join([Path(program).name, *more]).strip()[:_SHOWN]


def _read(file: Path) -> bytes:
    """Nothing of a process that has ended, or is somebody else's."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
