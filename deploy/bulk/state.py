"""What an output belongs to: a small file beside it, written before its first row."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Files

# The key that says of what an output was made; the others say whose it is.
MADE = "made"


def digest(file: BinaryIO) -> str:
    """The sha256 of an input from its start, hexadecimal."""
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(2**20):
        found.update(block)
    return found.hexdigest()


def claim(files: Files, belongs_to: Mapping[str, Any]) -> None:
    """Begin ``files``, or go on with them; ``belongs_to`` is the input's digest and the options.

    Raises BulkFailed when they are another's.
    """
    belongs_to = {**belongs_to, "format": files.format}
    path, out = files.state, files.out
    if not path.exists():
        for file in {out, files.rows, files.failed}:
            if has_content(file):
                raise BulkFailed(
                    f"{file} is there, and is no output to go on with; expected a new name"
                )
        _write(path, belongs_to)
        return
    found = {name: value for name, value in _read(path).items() if name != MADE}
    names = [name for name in {**found, **belongs_to} if found.get(name) != belongs_to.get(name)]
    if names:
        was = "; ".join(
            f"{name} was {_shown(found.get(name))} and is {_shown(belongs_to.get(name))}"
            for name in names
        )
        raise BulkFailed(f"{out} belongs to another run: {was}; expected the same, or a new --out")


def made_of(files: Files) -> dict[str, str | None] | None:
    """What ``note_made`` noted; raises BulkFailed."""
    found: dict[str, str | None] | None = _read(files.state).get(MADE)
    return found


def note_made(files: Files, digests: Mapping[str, str | None]) -> None:
    """Digests of the ``rows`` that ``out`` was made of, and of ``out`` as it was then: none while
    it is written."""
    _write(files.state, {**_read(files.state), MADE: digests})


def has_content(path: Path) -> bool:
    """Something that was written by someone: a file that is not empty, or such a folder."""
    if path.is_dir():
        return any(path.iterdir())
    return path.exists() and path.stat().st_size > 0


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as exc:
        raise BulkFailed(f"{path} cannot be read ({exc}); expected what a run wrote") from exc


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    half = path.with_name(path.name + ".tmp")
    half.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    half.replace(path)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
