"""Numbers that the workers of one gateway have in common: what a limit holds for all of them with.

A table in memory that they share, a row a number. Each worker has a column of its own in it, which
nobody else writes: giving back takes no lock, and what a worker held is let go of with its column
when it dies. Taking looks at the whole row, under a lock that the kernel opens when its holder
dies.
"""

import fcntl
import hashlib
import mmap
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

_ROWS = 16_384
_MARK = 2  # of a row's cells, behind the two of its name
_COLUMNS = 3


class Counters:
    """The table as one of ``workers`` sees it; without ``file`` it shares with nobody.

    ``worker`` is the number of its column, from 0; there is one column more than workers, for one
    that replaces another. ``file`` is empty and open for writing, and all have inherited it. To be
    used by one thread of each: the lock is the process's.
    """

    def __init__(self, file: BinaryIO | None = None, workers: int = 1) -> None:
        self.workers, self.worker = workers, 0
        self.columns = workers + 1
        self._width = _COLUMNS + self.columns
        size = 8 * (1 + _ROWS * self._width)
        # Nobody else takes while it is held.
        self.lock: AbstractContextManager[None] = nullcontext() if file is None else _Lock(file)
        if file is not None:
            file.truncate(size)
        # The first cell says how many rows there are; pages that are not used are not there.
        self.cells = memoryview(mmap.mmap(file.fileno() if file else -1, size)).cast("q")
        self._rows: dict[tuple[int, int], int] = {}

    def counter(self, name: str) -> "Counter":
        """The number of that name; 0 when nobody has asked for it yet."""
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        key = (int.from_bytes(digest[:8], signed=True), int.from_bytes(digest[8:], signed=True))
        with self.lock:
            self._read_rows()
            if key not in self._rows:
                self._add_row(key)
        return Counter(self, self._rows[key])

    def clear(self, worker: int) -> None:
        """What this worker had of every number is let go of: it is not there any more."""
        for row in range(self.cells[0]):
            self.cells[self._start(row) + _COLUMNS + worker] = 0

    def _start(self, row: int) -> int:
        return 1 + row * self._width

    def _read_rows(self) -> None:
        """Those that others have added."""
        for row in range(len(self._rows), self.cells[0]):
            first, second = self.cells[self._start(row) : self._start(row) + 2]
            self._rows[first, second] = self._start(row)

    def _add_row(self, key: tuple[int, int]) -> None:
        row = self.cells[0]
        if row == _ROWS:
            raise MemoryError(f"there are more than {_ROWS} names of api keys; start again")
        start = self._start(row)
        self.cells[start], self.cells[start + 1] = key
        self.cells[0] = row + 1
        self._rows[key] = start


class _Lock(AbstractContextManager[None]):
    """The kernel opens it when its holder dies."""

    def __init__(self, file: BinaryIO) -> None:
        self._number = file.fileno()

    def __enter__(self) -> None:
        fcntl.lockf(self._number, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.lockf(self._number, fcntl.LOCK_UN)


class Counter:
    """One number: the sum of what each worker has of it. Beside it ``mark``, which all write."""

    __slots__ = ("_cells", "_counters", "_mark", "_row")

    def __init__(self, counters: Counters, start: int) -> None:
        self._counters, self._cells = counters, counters.cells
        self._mark = start + _MARK
        self._row = slice(start + _COLUMNS, start + _COLUMNS + counters.columns)

    @property
    def total(self) -> int:
        """Of all workers."""
        return sum(self._cells[self._row])

    def of(self, worker: int) -> int:
        """Of one of them."""
        return self._cells[self._row.start + worker]

    @property
    def own(self) -> int:
        """Of this one."""
        return self.of(self._counters.worker)

    def add(self, amount: int) -> None:
        """So many more for this worker, whatever the others have; less than 0 gives back."""
        self._cells[self._row.start + self._counters.worker] += amount

    def take(self, amount: int, limit: int) -> bool:
        """So many more, unless the total would be above ``limit``."""
        with self._counters.lock:
            if self.total + amount > limit:
                return False
            self.add(amount)
            return True

    @property
    def mark(self) -> int:
        """What was written last, by whomever; under the lock where it matters."""
        return self._cells[self._mark]

    @mark.setter
    def mark(self, value: int) -> None:
        self._cells[self._mark] = value
