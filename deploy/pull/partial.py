"""A file that grows and may be left half-way: it gets its real name only when its sha256 fits."""

import hashlib
import os
from pathlib import Path
from types import TracebackType

from deploy.pull.catalogue import ModelFile
from deploy.pull.errors import WrongHash
from deploy.pull.progress import Reporter

CHUNK = 1 << 20


class Partial:
    """`<name>.part` in `folder`, open for appending, with the sha256 of what is in it.

    `reporter` is told of a phase `<verb> <name>` and of every byte; `fresh` drops what an
    earlier try left.
    """

    def __init__(
        self, file: ModelFile, folder: Path, reporter: Reporter, verb: str, fresh: bool = False
    ) -> None:
        self.file, self.reporter, self.verb, self.fresh = file, reporter, verb, fresh
        self.whole = folder / file.name
        self.path = folder / f"{file.name}.part"
        self.size = 0
        self.sha256 = hashlib.sha256()

    def __enter__(self) -> "Partial":
        self.handle = self.path.open("wb" if self.fresh else "ab")
        if self.path.stat().st_size:
            with self.path.open("rb") as earlier:
                while chunk := earlier.read(CHUNK):
                    self.sha256.update(chunk)
                    self.size += len(chunk)
        self.reporter.phase(f"{self.verb} {self.file.name}", self.file.bytes, self.size)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.handle.close()

    def write(self, chunk: bytes) -> None:
        """Append; raises OSError, or WrongHash when the file grows longer than it should be."""
        if self.size + len(chunk) > self.file.bytes:
            self.restart()
            raise WrongHash(f"{self.file.name} is longer than {self.file.bytes:,} bytes")
        self.handle.write(chunk)
        self.sha256.update(chunk)
        self.size += len(chunk)
        self.reporter.at(self.size)

    def restart(self) -> None:
        """Forget what is there."""
        self.handle.truncate(0)
        self.size, self.sha256 = 0, hashlib.sha256()
        self.reporter.at(0)

    def finish(self) -> None:
        """Give the file its name; raises WrongHash, after which the file is empty again."""
        size, got = self.size, self.sha256.hexdigest()
        if got != self.file.sha256:
            self.restart()
            raise WrongHash(
                f"{self.file.name} has {size:,} bytes and sha256 {got[:12]}…, "
                f"expected {self.file.bytes:,} bytes and {self.file.sha256[:12]}…"
            )
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self.path.rename(self.whole)
