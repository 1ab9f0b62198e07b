"""Fields of a row, each of the type that it should have; what it has is said as JSON."""

from collections.abc import Mapping
from typing import Any

from adapters.data.readers.errors import BadRow
from service.wire.wording import shown


def table(value: Any, what: str) -> Mapping[str, Any]:
    """An object; raises BadRow, which calls it ``what``."""
    if not isinstance(value, dict):
        raise BadRow(f"{what} has {shown(value)}; expected an object")
    return value


def items(value: Any, what: str, length: int | None = None) -> list[Any]:
    """A list, of ``length`` where that is given; raises BadRow."""
    if not isinstance(value, list) or length not in (None, len(value)):
        expected = "a list" if length is None else f"a list of {length}"
        raise BadRow(f"{what} has {shown(value)}; expected {expected}")
    return value


def string(value: Any, what: str) -> str:
    """A string that a request can have, so without half of a surrogate pair and without NUL; raises
    BadRow."""
    if not isinstance(value, str):
        raise BadRow(f"{what} has {shown(value)}; expected a string")
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise BadRow(
            f"{what} has half of a surrogate pair at {exc.start}; expected whole characters"
        ) from exc
    if (place := value.find("\0")) >= 0:
        raise BadRow(f"{what} has a NUL at {place}; expected none")
    return value


def whole(value: Any, what: str) -> int:
    """A whole number; raises BadRow."""
    if type(value) is not int:
        raise BadRow(f"{what} has {shown(value)}; expected a whole number")
    return value


def field(row: Mapping[str, Any], name: str) -> Any:
    """The value of a field that must be there; raises BadRow."""
    if name not in row:
        raise BadRow(f"{name} is missing; there are {', '.join(row) or 'no fields'}")
    return row[name]


def text_of(row: Mapping[str, Any], name: str = "text") -> str:
    """A row's text; raises BadRow."""
    return string(field(row, name), name)
