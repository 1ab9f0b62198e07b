"""The rows of a Parquet file, in memory a batch at a time. Needs pyarrow, which Nerve does without
elsewhere: ``requirements/parquet.txt``."""

from collections.abc import Iterator
from math import isfinite
from typing import Any, BinaryIO

from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.records import column, own_id
from deploy.bulk.row import Row

AT_ONCE = 1000  # rows
READ_AHEAD = 2**20  # bytes of each column


def records(file: BinaryIO, field: str) -> Iterator[Row]:
    """All rows from the start of ``file``, which stays open; ``field`` is a column of strings.

    An ``id`` beside it is kept, as a string where JSON has no such type: bytes as their hex. Raises
    BulkFailed when pyarrow is missing, or when the file is not Parquet or has no such column.
    """
    arrow, opened = _opened(file)
    columns = _columns(arrow, opened.schema_arrow, field)
    try:
        number = 0
        for batch in opened.iter_batches(AT_ONCE, columns=columns):
            ids = _ids(arrow, batch) if "id" in columns else arrow.nulls(len(batch))
            for value, own in zip(batch.column(field), ids, strict=True):
                number += 1
                yield _row(number, own, value, field)
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
    kind = schema.field(column(schema.names, field)).type
    of_strings = kind.value_type if arrow.types.is_dictionary(kind) else kind
    if of_strings not in (arrow.string(), arrow.large_string(), arrow.string_view()):
        raise BulkFailed(f"the column {field!r} is of type {kind}; expected string")
    own = [] if own_id(schema.names) is None else ["id"]
    return list(dict.fromkeys([field, *own]))


def _ids(arrow: Any, batch: Any) -> Any:
    """What JSON has no type for and pyarrow can write, it writes: it knows nanoseconds."""
    found, of = batch.column("id"), arrow.types
    tests = (of.is_floating, of.is_decimal, of.is_temporal)
    if not any(test(found.type) for test in tests):
        return found
    try:
        return found.cast(arrow.string())
    except arrow.ArrowException as exc:
        raise BulkFailed(
            f"the column 'id' is of type {found.type}, which cannot be written: {exc}"
        ) from exc


def _row(number: int, own: Any, value: Any, field: str) -> Row:
    try:
        found = _json(own.as_py())
    except ValueError as exc:
        return Row(number, None, None, f"id cannot be written: {exc}")
    try:
        text = value.as_py()
    except UnicodeDecodeError:
        return Row(number, found, None, "the row is not UTF-8")
    return Row(number, found, text, None if text is not None else f"{field} is null")


def _json(value: Any) -> Any:
    """A value of Parquet's as JSON has it; a string where JSON has no such type."""
    if isinstance(value, dict):
        return {name: _json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)
