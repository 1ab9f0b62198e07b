"""The command's work: input, output and gateways brought together, and what is shown of it."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from rich.console import Console
from rich.text import Text

from deploy.bulk.bar import bar_of
from deploy.bulk.errors import BulkFailed, Refused
from deploy.bulk.files import Files, check_folder
from deploy.bulk.inputs.rows import rows
from deploy.bulk.inputs.source import Source
from deploy.bulk.made import make
from deploy.bulk.output import Output
from deploy.bulk.row import Row
from deploy.bulk.run import Service, run
from deploy.bulk.state import claim, digest
from deploy.bulk.summary import Run, show
from deploy.terminal.seen import seen


@dataclass(frozen=True, slots=True)
class Job:
    """How to read, and where to write."""

    source: Source
    files: Files
    retry_failed: bool = False


def extract(job: Job, file: BinaryIO, service: Service, console: Console) -> int:
    """Do the rows that are not done yet, show a summary; the number of rows that failed.

    Raises BulkFailed, OSError. ``file`` can be read again from its start.
    """
    check_folder(job.files.out)
    total = sum(1 for _ in rows(file, job.source))
    claim(job.files, {"input": digest(file), **job.source.told, **_asked_for(service)})
    began = time.monotonic()
    with Output(job.files) as output:
        before = len(output.done) + (0 if job.retry_failed else len(output.failed))
        tried, is_refused = 0, False
        with bar_of(console, total, before) as bar, closing(_left(job, file, output)) as left:

            def wrote() -> None:
                nonlocal tried
                tried += 1
                bar.advance(bar.task_ids[0])

            def say(line: str) -> None:
                console.print(Text(seen(line)), soft_wrap=True)

            try:
                asyncio.run(run(left, service, output, wrote, say))
            except BulkFailed as exc:
                is_refused = isinstance(exc, Refused)
                if not (output.done or output.failed):
                    job.files.state.unlink()  # another command may have the name
                raise
            finally:
                bar.stop()
                if job.retry_failed:
                    output.forget_mended()
                seconds = time.monotonic() - began
                show(console, job.files, output, Run(total, tried, seconds, is_refused))
        if job.files.format != "jsonl":
            make(job.files, lambda line: console.print(Text(line), soft_wrap=True))
        return len(output.failed)


@contextmanager
def again_readable(source: BinaryIO) -> Iterator[BinaryIO]:
    """Standard input as a file without a name, which ends with the process."""
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        yield copy


def _asked_for(service: Service) -> dict[str, Any]:
    """What decides the answers of a run: fields of its requests, ids that rows are written with."""
    has_ids = any(label.name != label.written for label in service.labels)
    ids = {"ids": [label.name for label in service.labels]} if has_ids else {}
    return {**service.options, **ids}


def _left(job: Job, file: BinaryIO, output: Output) -> Generator[Row]:
    """The rows without an answer; those that failed only when they are asked for."""
    for row in rows(file, job.source):
        if row.number in output.done or (row.number in output.failed and not job.retry_failed):
            continue
        yield row
