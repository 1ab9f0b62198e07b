"""CSV and TSV, RFC 4180: a record a row. Whatever a reader would guess at is an error."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from adapters.data.encoding import UNREADABLE, shown
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row

LONGEST_CELL = 2**31 - 1  # in characters; the csv module's own limit is 131,072


def read(lines: Iterable[str], source: Source) -> Iterator[Row]:
    """Row numbers are those of the records behind the first, which names the columns."""
    cells = _records(lines, source)
    header = next(cells, [])
    if header:
        header[0] = header[0].removeprefix("\ufeff")
    at = column(header, source.field, "; is --delimiter right?" if len(header) < 2 else "")
    own = own_id(header)
    for number, record in enumerate(cells, 1):
        yield _row(number, record, header, at, own, source)


def column(header: Sequence[str], field: str, hint: str = "") -> int:
    """Where ``field`` stands; raises BulkFailed for none, and for two."""
    if field not in header:
        names = [name for name in header if name.strip()]
        expected = f"one of {', '.join(names)}" if names else "a row that names the columns"
        raise BulkFailed(f"no column {field!r}; expected {expected}{hint}")
    if header.count(field) > 1:
        raise BulkFailed(f"there are {header.count(field)} columns {field!r}; expected one")
    return header.index(field)


def own_id(header: Sequence[str]) -> int | None:
    """Where the rows' own ``id`` stands, None for nowhere; raises BulkFailed for two."""
    return column(header, "id") if "id" in header else None


def _records(lines: Iterable[str], source: Source) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, strict=True, delimiter=source.between)
    while True:
        began = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as exc:
            raise BulkFailed(f"line {began} of the input: {_said(exc, source)}") from exc
        if record is None:
            return
        if record:
            yield record


def _said(error: csv.Error, source: Source) -> str:
    if "end of data" in str(error):
        return "a quote opens in the record that begins here, and is never closed"
    if "expected after" in str(error):
        return (
            "a quote opens in the record that begins here, and what follows the next one is no "
            f"{source.between!r}; expected quotes within a cell twice, or it is not closed"
        )
    return f"the record that begins here is not {source.kind.upper()}: {error}"


def _row(
    number: int,
    record: Sequence[str],
    header: Sequence[str],
    at: int,
    own: int | None,
    source: Source,
) -> Row:
    if any(UNREADABLE in cell for cell in record):
        return Row(number, None, None, f"the row is not {shown(source.encoding)}")
    found = record[own] if own is not None and own < len(record) else None
    if any(record[len(header) :]):
        return Row(
            number,
            found,
            None,
            f"the record has {len(record)} cells; expected {len(header)}: a cell that has "
            f"{source.between!r} in it stands in quotes",
        )
    if at >= len(record):
        return Row(number, found, None, f"{source.field} is missing; the record is too short")
    return Row(number, found, record[at])
