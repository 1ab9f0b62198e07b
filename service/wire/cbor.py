"""CBOR (RFC 8949), as far as JSON has the like: what AWS's newer clients send in its place.

No tags, no byte strings, no keys but strings: so there is nothing that a decoder could be made to
do with a value but hold it.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from service.errors import MalformedBody

MEDIA_TYPE = "application/cbor"
_DEEPEST = 32
_INDEFINITE = 31
_BREAK = 0xFF
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def loads(raw: bytes) -> dict[str, Any]:
    """The object in ``raw``; raises MalformedBody."""
    try:
        found, end = _item(raw, 0, _DEEPEST)
        if not isinstance(found, dict) or end != len(raw):
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


def _item(raw: bytes, at: int, depth: int) -> tuple[Any, int]:
    """A value, and where it ends."""
    if depth == 0:
        raise ValueError(f"deeper than {_DEEPEST}")
    major, extra = raw[at] >> 5, raw[at] & 31
    if major == 7:
        return _simple(raw, at + 1, extra)
    if extra == _INDEFINITE and major in (3, 4, 5):
        return _OPEN[major](raw, at + 1, depth - 1)
    number, at = _number(raw, at + 1, extra)
    match major:
        case 0:
            return number, at
        case 1:
            return -1 - number, at
        case 3:
            return _text(raw, at, number)
        case 4:
            return _list(raw, at, depth - 1, number)
        case 5:
            return _map(raw, at, depth - 1, number)
    raise ValueError(f"a value of major type {major}")


def _number(raw: bytes, at: int, extra: int) -> tuple[int, int]:
    if extra < 24:
        return extra, at
    if extra > 27:
        raise ValueError(f"a length of kind {extra}")
    size = 1 << extra - 24
    if at + size > len(raw):
        raise ValueError("cut off")
    return int.from_bytes(raw[at : at + size], "big"), at + size


def _simple(raw: bytes, at: int, extra: int) -> tuple[Any, int]:
    if extra in _SIMPLE:
        return _SIMPLE[extra], at
    if extra not in _FLOATS:
        raise ValueError(f"a simple value {extra}")
    form = _FLOATS[extra]
    return struct.unpack_from(form, raw, at)[0], at + struct.calcsize(form)


def _text(raw: bytes, at: int, size: int) -> tuple[str, int]:
    if at + size > len(raw):
        raise ValueError("cut off")
    return raw[at : at + size].decode("utf-8"), at + size


def _list(raw: bytes, at: int, depth: int, count: int) -> tuple[list[Any], int]:
    found = []
    for _ in range(count):
        one, at = _item(raw, at, depth)
        found.append(one)
    return found, at


def _map(raw: bytes, at: int, depth: int, count: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for _ in range(count):
        at = _member(raw, at, depth, found)
    return found, at


def _member(raw: bytes, at: int, depth: int, found: dict[str, Any]) -> int:
    name, at = _item(raw, at, depth)
    if not isinstance(name, str):
        raise ValueError("a key that is no string")
    if name in found:
        raise ValueError(f"{name[:64]} is there twice in one map; expected once")
    found[name], at = _item(raw, at, depth)
    return at


def _open_text(raw: bytes, at: int, depth: int) -> tuple[str, int]:
    parts, at = _open_list(raw, at, depth)
    return "".join(parts), at


def _open_list(raw: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    found = []
    while raw[at] != _BREAK:
        one, at = _item(raw, at, depth)
        found.append(one)
    return found, at + 1


def _open_map(raw: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while raw[at] != _BREAK:
        at = _member(raw, at, depth, found)
    return found, at + 1


_OPEN: Mapping[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    3: _open_text,
    4: _open_list,
    5: _open_map,
}
