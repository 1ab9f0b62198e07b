"""A file that is there whole or not at all, whatever happens while it is written."""

import os
from pathlib import Path

from typing_extensions import Buffer


def write(path: Path, content: Buffer) -> None:
    """Beside ``path``, then renamed. Raises OSError, with the file's name, and leaves no half."""
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise OSError(exc.errno, exc.strerror, str(path)) from exc
