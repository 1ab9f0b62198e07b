"""An output that is made of a run's JSON lines: never over what people have changed in it."""

import hashlib
from pathlib import Path

from deploy.bulk.convert import Tell, convert
from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Files
from deploy.bulk.state import digest, has_content, made_of, note_made


def make(files: Files, tell: Tell) -> None:
    """Write ``out`` of ``rows``, unless it has these rows already: then it is told, and nothing is
    done. Raises OSError, BulkFailed, also where ``out`` would be written anew and was changed."""
    rows, was = _digest(files.rows), made_of(files)
    # Without a digest of its own it is what a kill left.
    if has_content(files.out) and not (was and was.get("out") is None):
        if was and was.get("rows") == rows:
            tell(f"{files.out} has these rows already, and was left as it is")
            return
        if not was or was.get("out") != _digest(files.out):
            why = (
                "was changed since it was written"
                if was
                else "may have been changed by people: what wrote it has kept no digest of it"
            )
            raise BulkFailed(
                f"{files.out} {why}; it is left as it is, and "
                f"`nerve convert {files.rows} --out NEW --format {files.format}` writes all rows"
            )
    note_made(files, {"rows": rows, "out": None})
    convert(files.rows, files.out, files.format)
    note_made(files, {"rows": rows, "out": _digest(files.out)})


def _digest(path: Path) -> str:
    """Of a file; of a folder, by the names and contents of its files."""
    if not path.is_dir():
        with path.open("rb") as file:
            return digest(file)
    found = hashlib.sha256()
    for one in sorted(one for one in path.rglob("*") if one.is_file()):
        found.update(f"{one.relative_to(path)}\0{_digest(one)}\n".encode())
    return found.hexdigest()
