"""The command's work: input, output and gateways brought together, and what is shown of it."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from deploy.bulk import rows as reading
from deploy.bulk.convert import convert
from deploy.bulk.files import Files
from deploy.bulk.output import Output
from deploy.bulk.rows import Kind, Row
from deploy.bulk.run import Service, run
from deploy.bulk.state import claim, digest


@dataclass(frozen=True, slots=True)
class Job:
    """What to read, ``field`` of each row but of plain text, and where to write."""

    kind: Kind
    field: str
    files: Files
    retry_failed: bool = False


def extract(job: Job, file: BinaryIO, service: Service, console: Console) -> int:
    """Do the rows that are not done yet, show a summary; the number of rows that failed.

    Raises BulkFailed, OSError. ``file`` can be read again from its start.
    """
    total = sum(1 for _ in reading.rows(file, job.kind, job.field))
    claim(
        job.files,
        {"input": digest(file), "kind": job.kind, "field": job.field, **service.options},
    )
    began = time.monotonic()
    with Output(job.files) as output:
        before = len(output.done) + (0 if job.retry_failed else len(output.failed))
        tried = 0
        with _bar(console, total, before) as bar:

            def wrote() -> None:
                nonlocal tried
                tried += 1
                bar.advance(bar.task_ids[0])

            try:
                asyncio.run(run(_left(job, file, output), service, output, wrote))
            finally:
                bar.stop()
                if job.retry_failed:
                    output.forget_mended()
                _show(console, output, total, tried, time.monotonic() - began)
        if job.files.format != "jsonl":
            convert(job.files.rows, job.files.out, job.files.format)
        return len(output.failed)


@contextmanager
def again_readable(source: BinaryIO) -> Iterator[BinaryIO]:
    """Standard input as a file without a name, which ends with the process."""
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        yield copy


def _left(job: Job, file: BinaryIO, output: Output) -> Iterator[Row]:
    """The rows without an answer; those that failed only when they are asked for."""
    for row in reading.rows(file, job.kind, job.field):
        if row.number in output.done or (row.number in output.failed and not job.retry_failed):
            continue
        yield row


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f} rows/s" if task.speed else "– rows/s", "cyan")


def _bar(console: Console, total: int, before: int) -> Progress:
    bar = Progress(
        TextColumn("rows"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    bar.add_task("rows", total=total, completed=before)
    return bar


def _show(console: Console, output: Output, total: int, tried: int, seconds: float) -> None:
    """Of all runs; the rate is of this one."""
    table = Table("label", "entities")
    for label, count in sorted(output.labels.items()):
        table.add_row(Text(label), str(count))
    table.add_row("all", str(output.labels.total()))
    console.print(table)
    failures = f", see {output.failed_path}" if output.failed else ""
    console.print(
        Text(
            f"{len(output.done)} of {total} rows done, {len(output.failed)} failed{failures}; "
            f"this run: {tried} rows, {tried / max(seconds, 1e-9):.1f} rows/s"
        ),
        soft_wrap=True,
    )
