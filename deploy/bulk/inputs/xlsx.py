"""A sheet of Excel's. Needs python-calamine, which Nerve does without elsewhere:
``requirements/xlsx.txt``."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.records import column, own_id
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row
from service.wire.wording import shown


def records(file: BinaryIO, source: Source) -> Iterator[Row]:
    """The rows behind the first that is not empty, which names the columns; a formula is what it
    came to. Row numbers count from 1 behind it, empty rows too, which are none.

    Raises BulkFailed when python-calamine is missing, or when there is no such sheet or column.
    """
    cells = _sheet(file, source.sheet)
    header = [str(name) for name in next(filter(_has_content, cells), [])]
    at = column(header, source.field)
    own = own_id(header)
    for number, row in enumerate(cells, 1):
        if _has_content(row):
            yield _row(number, row, at, own, source.field)


def _has_content(row: Sequence[Any]) -> bool:
    return any(cell != "" for cell in row)


def _sheet(file: BinaryIO, name: str | None) -> Iterator[Sequence[Any]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as exc:
        raise BulkFailed(
            "XLSX is read with python-calamine, which is not installed; expected once: "
            "python -m pip install --require-hashes -r requirements/xlsx.txt"
        ) from exc
    try:
        book = CalamineWorkbook.from_filelike(file)
        names = book.sheet_names
        if name is None and len(names) != 1:
            raise BulkFailed(f"the input has the sheets {', '.join(names)}; expected --sheet")
        if name is not None and name not in names:
            raise BulkFailed(f"--sheet has {name!r}; expected one of {', '.join(names)}")
        return iter(book.get_sheet_by_name(name or names[0]).to_python(skip_empty_area=False))
    except CalamineError as exc:
        raise BulkFailed(f"the input is not XLSX: {exc}") from exc


def _row(number: int, row: Sequence[Any], at: int, own: int | None, field: str) -> Row:
    found = None if own is None or row[own] == "" else _plain(row[own])
    if row[at] == "":
        return Row(number, found, None, f"{field} is empty")
    if not isinstance(row[at], str):
        return Row(number, found, None, f"{field} has {shown(_plain(row[at]))}; expected text")
    return Row(number, found, row[at])


def _plain(value: Any) -> Any:
    """Excel has no whole numbers, and JSON no dates."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
