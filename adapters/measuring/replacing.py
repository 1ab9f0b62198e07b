"""A file that is written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place at the end: readers see one or the other."""
    if path.exists() and not path.is_file():  # a pipe, /dev/stdout: it has no place to be taken
        yield path
        return
    path = path.resolve()  # what a link leads to is written, and the link stays
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
