"""CBOR (RFC 8949), as far as JSON has the like: what AWS's newer clients send in its place.

No tags, no byte strings, no keys but strings: so there is nothing that a decoder could be made to
do with a value but hold it.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.errors import MalformedBody

MEDIA_TYPE = "application/cbor"
_DEEPEST = 32
# An empty list is a byte here, and 64 in memory: far more items than anybody's client sends.
_MOST_ITEMS = 10_000
_INDEFINITE = 31
_BREAK = 0xFF
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def loads(raw: bytes) -> dict[str, Any]:
    """The object in ``raw``; raises MalformedBody."""
    try:
        reader = _Reader(raw)
        found = reader.item(_DEEPEST)
        if not isinstance(found, dict) or reader.at != len(raw):
            raise ValueError("not one map")
    except (ValueError, IndexError, struct.error, TypeError) as exc:
        raise MalformedBody(f"the body is not a CBOR map: {exc}") from exc
    return found


def dumps(value: object) -> bytes:
    """``value``, of what JSON has."""
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case None:
            return b"\xf6"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            written = value.encode("utf-8", "backslashreplace")
            return _head(3, len(written)) + written
        case Mapping():
            pairs = (dumps(key) + dumps(one) for key, one in value.items())
            return _head(5, len(value)) + b"".join(pairs)
        case list() | tuple():
            return _head(4, len(value)) + b"".join(map(dumps, value))
    raise TypeError(f"{type(value).__name__} has no CBOR here")


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for extra, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | extra]) + struct.pack(form, number)
    raise ValueError(f"{number} is too large")


@dataclass(slots=True)
class _Reader:
    """Reads ``raw`` from ``at`` on, and up to so many items more."""

    raw: bytes
    at: int = 0
    left: int = _MOST_ITEMS

    def item(self, depth: int) -> Any:
        """The next value, up to ``depth`` deep."""
        if depth == 0:
            raise ValueError(f"deeper than {_DEEPEST}")
        if self.left == 0:
            raise ValueError(f"more than {_MOST_ITEMS} items")
        self.left -= 1
        major, extra = self.raw[self.at] >> 5, self.raw[self.at] & 31
        self.at += 1
        if major == 7:
            return self._simple(extra)
        is_open = extra == _INDEFINITE and major in (3, 4, 5)
        number = None if is_open else self._number(extra)
        match major:
            case 0:
                return number
            case 1 if number is not None:
                return -1 - number
            case 3:
                return self._text(number, depth - 1)
            case 4:
                return [self.item(depth - 1) for _ in self._times(number)]
            case 5:
                return self._map(number, depth - 1)
        raise ValueError(f"a value of major type {major}")

    def _times(self, number: int | None) -> Iterator[None]:
        """``number`` times; without one until a break, which is read, too."""
        if number is not None:
            for _ in range(number):
                yield
            return
        while self.raw[self.at] != _BREAK:
            yield
        self.at += 1

    def _text(self, size: int | None, depth: int) -> str:
        if size is None:
            return "".join([self.item(depth) for _ in self._times(None)])
        return self._bytes(size).decode("utf-8")

    def _map(self, count: int | None, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in self._times(count):
            name = self.item(depth)
            if not isinstance(name, str):
                raise ValueError("a key that is no string")
            if name in found:
                raise ValueError(f"{name[:64]} is there twice in one map; expected once")
            found[name] = self.item(depth)
        return found

    def _number(self, extra: int) -> int:
        if extra < 24:
            return extra
        if extra > 27:
            raise ValueError(f"a length of kind {extra}")
        return int.from_bytes(self._bytes(1 << extra - 24), "big")

    def _simple(self, extra: int) -> bool | float | None:
        if extra in _SIMPLE:
            return _SIMPLE[extra]
        if extra not in _FLOATS:
            raise ValueError(f"a simple value {extra}")
        form = _FLOATS[extra]
        (found,) = struct.unpack(form, self._bytes(struct.calcsize(form)))
        return float(found)

    def _bytes(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self.raw):
            raise ValueError("cut off")
        return self.raw[start : self.at]
