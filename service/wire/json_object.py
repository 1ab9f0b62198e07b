"""A JSON object as it came: its values, and where each stands, so that one can be changed alone.

Whoever reads what callers send reads it with ``once``: of two members with one name the standard
library would keep the last, other readers the first, and neither would say so.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from service.errors import InvalidRequest, MalformedBody
from service.wire.wording import why_not_json

_SPACE = r"[ \t\n\r]*"
_START = re.compile(rf"{_SPACE}{{{_SPACE}(}}{_SPACE})?")
# Nothing is given back: to be able to, the reader of a long name would take 100 times its memory.
_NAME = re.compile(rf'"((?:[^"\\\x00-\x1f]++|\\.)*+)"{_SPACE}:{_SPACE}')
_MARK = re.compile(rf"{_SPACE}([,}}]){_SPACE}")


@dataclass(frozen=True, slots=True)
class JsonObject:
    """``values`` of the top level, and ``spans``: where each stands in ``text``, ``[start, end)``
    in code points."""

    text: str
    values: dict[str, Any]
    spans: dict[str, tuple[int, int]]

    @classmethod
    def read(cls, raw: bytes) -> "JsonObject":
        """Raises MalformedBody when ``raw`` is no JSON object, InvalidRequest for a double key."""
        try:
            found = cls(raw.decode("utf-8-sig"), {}, {})
            found._scan()
        except (RecursionError, ValueError) as exc:
            reason = why_not_json(exc)
            raise MalformedBody(f"the body is not a JSON object in UTF-8: {reason}") from exc
        return found

    def written(self, name: str) -> str:
        """The value of ``name``, as the caller wrote it."""
        start, end = self.spans[name]
        return self.text[start:end]

    def changed(self, changes: Mapping[str, object]) -> "JsonObject":
        """The object with other values for the names of ``changes``, or without one that is None;
        itself when there are no changes."""
        if not changes:
            return self
        written = {name: self.written(name) for name in self.values}
        try:
            written |= {name: json.dumps(value) for name, value in changes.items()}
        except RecursionError as exc:  # what could be read just so cannot be written further in
            raise MalformedBody(f"the body cannot be read: {why_not_json(exc)}") from exc
        return self._of({n: w for n, w in written.items() if changes.get(n, w) is not None})

    @classmethod
    def _of(cls, written: Mapping[str, str]) -> "JsonObject":
        members = ", ".join(f"{json.dumps(name)}: {value}" for name, value in written.items())
        return cls.read(f"{{{members}}}".encode())

    def replaced(self, name: str, value: str) -> bytes:
        """The object with another string for ``name``, all else byte for byte as it came."""
        written = json.dumps(value)
        if name in self.spans:
            start, end = self.spans[name]
            return f"{self.text[:start]}{written}{self.text[end:]}".encode()
        head, tail = self.text.split("{", 1)
        comma = "," if self.values else ""
        return f"{head}{{{json.dumps(name)}:{written}{comma}{tail}".encode()

    def _scan(self) -> None:
        start = _START.match(self.text)
        if start is None:
            raise ValueError("it does not begin with {")
        at, more = start.end(), start[1] is None
        while more:
            at = self._member(at)
            mark = _MARK.match(self.text, at)
            if mark is None:
                raise ValueError(f"neither , nor }} at {at}")
            at, more = mark.end(), mark[1] == ","
        if at != len(self.text):
            raise ValueError(f"something after its end, at {at}")

    def _member(self, at: int) -> int:
        """Read ``"name": value``; where it ends."""
        found = _NAME.match(self.text, at)
        if found is None:
            raise ValueError(f"no name at {at}")
        name, start = found[1], found.end()
        if "\\" in name:
            name = json.loads(f'"{name}"')
        if name in self.values:
            raise twice(name)
        self.values[name], end = DECODER.raw_decode(self.text, start)
        self.spans[name] = start, end
        return end


def value_of(raw: bytes) -> Any:
    """Whatever JSON has, as a value to be checked further: NaN is one, and UTF-16 is read.

    Raises MalformedBody, InvalidRequest for a double key.
    """
    try:
        return _ANY.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except json.JSONDecodeError as exc:
        raise MalformedBody(f"the body is not JSON: {exc.msg}") from exc
    except (RecursionError, ValueError) as exc:
        raise MalformedBody(f"the body is not JSON: {why_not_json(exc)}") from exc


def once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, of its members in order, as a decoder's ``object_pairs_hook``.

    Raises InvalidRequest for a name that is there twice, in whichever object of the body.
    """
    found = dict(members)
    if len(found) < len(members):
        raise twice(Counter(name for name, _ in members).most_common(1)[0][0])
    return found


def twice(name: str) -> InvalidRequest:
    """The error for a name that an object has twice."""
    return InvalidRequest(
        f"{name[:64]} is there twice in one object; expected once", param=name[:64]
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value")


_ANY = json.JSONDecoder(object_pairs_hook=once)
# JSON as its standard has it: no NaN, no infinity, every name once.
DECODER = json.JSONDecoder(object_pairs_hook=once, parse_constant=_refuse)
