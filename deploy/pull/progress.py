"""How a pull shows what it does: a Reporter, a silent one, and bars on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Reporter(Protocol):
    """Told of a pull as it goes on; called from the thread that pulls, often."""

    def phase(self, name: str, total: int, done: int = 0) -> None:
        """A new phase (`download FILE`, `join FILE`, `convert MODEL`) of `total` bytes begins.

        `done` bytes are there already, from an earlier try.
        """

    def at(self, done: int) -> None:
        """The phase has now done so many bytes."""

    def say(self, line: str) -> None:
        """A line worth keeping, such as a source that failed."""


class Silent:
    """A Reporter that shows nothing."""

    def phase(self, name: str, total: int, done: int = 0) -> None: ...
    def at(self, done: int) -> None: ...
    def say(self, line: str) -> None: ...


class Bars:
    """A Reporter that draws one bar a phase: bytes, rate, time left.

    Without a terminal, it prints each phase's name as it begins.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task: TaskID | None = None

    def phase(self, name: str, total: int, done: int = 0) -> None:
        if self.task is not None:
            self.progress.stop_task(self.task)
        if self.progress.disable:
            self.say(name)
        self.task = self.progress.add_task(name, total=total, completed=done)

    def at(self, done: int) -> None:
        if self.task is not None:
            self.progress.update(self.task, completed=done)

    def say(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)


@contextmanager
def bars(console: Console) -> Iterator[Bars]:
    """Bars on `console` for as long as the block runs."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bars(progress)
