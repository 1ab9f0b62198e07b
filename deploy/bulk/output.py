"""The two files that a run appends to, a whole line a row, and what earlier runs left in them."""

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Files
from deploy.bulk.marks import Marks
from deploy.bulk.row import Row
from deploy.bulk.torn import is_torn
from service.wire.lines import json_line
from service.wire.wording import shown, why_unusable

# Enough for any number that a run writes, and it keeps a foreign file from taking the memory.
MOST_ROWS = 2**32


class Output:
    """Rows done and rows failed, held against a second run; a torn last line is cut off.

    ``done`` and ``failed`` are row numbers, a row in at most one of them; ``labels`` counts the
    entities of all rows done. Raises BulkFailed for a file in use or with a bad line.
    """

    def __init__(self, files: Files) -> None:
        self.done, self.failed = Marks(), Marks()
        self.labels: Counter[str] = Counter()
        self.failed_path = files.failed
        self._out = _open(files.rows)
        self._failures = _open(self.failed_path)
        for line in _whole_lines(self._out, files.rows):
            self.done.add(line["row"])
            self._count(line)
        stale = False
        for line in _whole_lines(self._failures, self.failed_path):
            # A row that was tried again, and the run was ended before its line was taken out here.
            stale = stale or line["row"] in self.done or line["row"] in self.failed
            if line["row"] not in self.done:
                self.failed.add(line["row"])
        if stale:
            self.forget_mended()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in (self._out, self._failures):
            file.flush()
            os.fsync(file.fileno())
            file.close()

    def write(self, row: Row, answer: dict[str, Any]) -> None:
        """A row that is done."""
        kept = {name: answer[name] for name in ("entities", "dropped", "truncated", "model")}
        self._append(self._out, {**_head(row), "text": row.text, **kept})
        self.done.add(row.number)
        self.failed.discard(row.number)
        self._count(kept)

    def write_failed(self, row: Row, error: str) -> None:
        """A row that is given up."""
        self._append(self._failures, {**_head(row), "text": row.text, "error": error})
        self.failed.add(row.number)

    def forget_mended(self) -> None:
        """Take the rows that are done by now out of the file of failures, and of the others that
        were tried again the older line."""
        older, once = Marks(), Marks()
        for line in _whole_lines(self._failures, self.failed_path):
            (older if line["row"] in once else once).add(line["row"])
        half = self.failed_path.with_name(self.failed_path.name + ".tmp")
        with half.open("wb") as kept:
            for line in _whole_lines(self._failures, self.failed_path):
                if line["row"] in older:
                    older.discard(line["row"])
                elif line["row"] not in self.done:
                    kept.write(_line(line))
        half.replace(self.failed_path)
        self._failures.close()
        self._failures = _open(self.failed_path)

    def _append(self, file: BinaryIO, content: dict[str, Any]) -> None:
        file.seek(0, os.SEEK_END)
        file.write(_line(content))
        file.flush()

    def _count(self, line: dict[str, Any]) -> None:
        self.labels.update(entity["label"] for entity in line["entities"])


def _head(row: Row) -> dict[str, Any]:
    return {"row": row.number} | ({} if row.id is None else {"id": row.id})


def _line(content: dict[str, Any]) -> bytes:
    return json_line(content) + b"\n"


def _open(path: Path) -> BinaryIO:
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        file.close()
        raise BulkFailed(f"{path} is in use; expected no other run that writes it") from exc
    return file


def _whole_lines(file: BinaryIO, path: Path) -> Iterator[dict[str, Any]]:
    """Every line as JSON; a torn last one is cut off, one without its line break gets it."""
    file.seek(0)
    end, last = 0, b"\n"
    for number, line in enumerate(file, 1):
        if is_torn(line):
            break
        end, last = end + len(line), line
        try:
            found = json.loads(line)
            if type(found["row"]) is not int or not 0 < found["row"] < MOST_ROWS:
                raise ValueError(f"row has {shown(found['row'])}")
        except (ValueError, KeyError, TypeError) as exc:
            raise BulkFailed(f"{path}:{number} is no line of a run: {why_unusable(exc)}") from exc
        yield found
    file.truncate(end)
    if not last.endswith(b"\n"):
        file.write(b"\n")
        file.flush()
