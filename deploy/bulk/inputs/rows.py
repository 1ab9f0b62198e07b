"""All rows of an input, one at a time."""

from collections.abc import Iterator
from typing import BinaryIO

from adapters.data.encoding import opened
from deploy.bulk.inputs import array, lines, records
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row


def rows(file: BinaryIO, source: Source) -> Iterator[Row]:
    """From the start of ``file``, which stays open; empty lines are none, and count in txt and
    jsonl.

    An ``id`` beside the text is kept. Raises BulkFailed when there is no such column, or when the
    file as a whole cannot be read; what is wrong with a row is its own error.
    """
    file.seek(0)
    if source.kind == "parquet":
        from deploy.bulk.inputs import parquet

        yield from parquet.records(file, source.field)
        return
    if source.kind == "xlsx":
        from deploy.bulk.inputs import xlsx

        yield from xlsx.records(file, source)
        return
    is_table = source.kind in ("csv", "tsv")
    text = opened(file, source.encoding, newline="" if is_table else "\n")
    try:
        if is_table:
            yield from records.read(text, source)
        elif source.kind == "json":
            yield from array.read(text, source)
        else:
            yield from lines.read(text, source)
    finally:
        text.detach()
