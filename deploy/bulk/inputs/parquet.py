"""The rows of a Parquet file, in memory a batch at a time. Needs pyarrow, which Nerve does without
elsewhere: ``requirements/parquet.txt``."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from deploy.bulk.errors import BulkFailed
from deploy.bulk.row import Row

AT_ONCE = 1000  # rows
READ_AHEAD = 2**20  # bytes of each column


def records(file: BinaryIO, field: str) -> Iterator[Row]:
    """All rows from the start of ``file``, which stays open; ``field`` is a column of strings.

    An ``id`` beside it is kept, as a string where JSON has no such type. Raises BulkFailed when
    pyarrow is missing, or when the file is not Parquet or has no such column.
    """
    arrow, opened = _opened(file)
    columns = _columns(arrow, opened.schema_arrow, field)
    try:
        number = 0
        for batch in opened.iter_batches(AT_ONCE, columns=columns):
            ids = _ids(arrow, batch) if "id" in columns else [None] * len(batch)
            for value, found in zip(batch.column(field), ids, strict=True):
                number += 1
                yield _row(number, found, value, field)
    except arrow.ArrowException as exc:
        raise BulkFailed(f"the Parquet file cannot be read: {exc}") from exc


def _opened(file: BinaryIO) -> tuple[Any, Any]:
    """pyarrow and the file."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError as exc:
        raise BulkFailed(
            "Parquet is read with pyarrow, which is not installed; expected once: "
            "python -m pip install --require-hashes -r requirements/parquet.txt"
        ) from exc
    try:
        return pyarrow, ParquetFile(file, buffer_size=READ_AHEAD, pre_buffer=False)
    except pyarrow.ArrowException as exc:
        raise BulkFailed(f"the input is not Parquet: {exc}") from exc


def _columns(arrow: Any, schema: Any, field: str) -> list[str]:
    if field not in schema.names:
        raise BulkFailed(f"no column {field!r}; expected one of {', '.join(schema.names)}")
    kind = schema.field(field).type
    of_strings = kind.value_type if arrow.types.is_dictionary(kind) else kind
    if of_strings not in (arrow.string(), arrow.large_string(), arrow.string_view()):
        raise BulkFailed(f"the column {field!r} is of type {kind}; expected string")
    return list(dict.fromkeys([field, *(["id"] if "id" in schema.names else [])]))


def _ids(arrow: Any, batch: Any) -> list[Any]:
    found = batch.column("id")
    of = arrow.types
    if not (of.is_integer(found.type) or of.is_boolean(found.type)):
        found = found.cast(arrow.string())
    return list(found.to_pylist())


def _row(number: int, found: Any, value: Any, field: str) -> Row:
    try:
        text = value.as_py()
    except UnicodeDecodeError:
        return Row(number, found, None, "the row is not UTF-8")
    return Row(number, found, text, None if text is not None else f"{field} is null")
