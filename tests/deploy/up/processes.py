"""Processes, as Linux tells of them."""

from pathlib import Path


def is_alive(pid: int) -> bool:
    """A zombie is not."""
    fields = _fields(pid)
    return fields is not None and fields[0] != "Z"


def family_of(pid: int) -> set[int]:
    """A process and all that descend from it."""
    parents = {
        child: int(fields[1])
        for child in (int(path.name) for path in Path("/proc").glob("[0-9]*"))
        if (fields := _fields(child)) is not None
    }
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _fields(pid: int) -> list[str] | None:
    """State, parent and so on; None when there is no such process."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return status.rsplit(")", 1)[1].split()
