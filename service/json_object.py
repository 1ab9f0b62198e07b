"""A JSON object as it came: its values, and where each stands, so that one can be changed alone."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from service.errors import InvalidRequest, MalformedBody

_SPACE = re.compile(r"[ \t\n\r]*")


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
            found = cls(raw.decode("utf-8"), {}, {})
            found._scan()
        except (RecursionError, ValueError) as exc:
            raise MalformedBody(f"the body is not a JSON object in UTF-8: {exc}") from exc
        return found

    def written(self, name: str) -> str:
        """The value of ``name``, as the caller wrote it."""
        start, end = self.spans[name]
        return self.text[start:end]

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
        at = self._expect("{", 0)
        if self.text[at : at + 1] == "}":
            self._expect_end(at + 1)
            return
        while True:
            at = self._member(at)
            if self.text[at : at + 1] == "}":
                self._expect_end(at + 1)
                return
            at = self._expect(",", at)

    def _member(self, at: int) -> int:
        """Read ``"name": value``; where the next thing stands."""
        if self.text[at : at + 1] != '"':
            raise ValueError(f"no name at {at}")
        name, at = _DECODER.raw_decode(self.text, at)
        if name in self.values:
            raise InvalidRequest(f"{name[:64]} is there twice; expected once", param=name[:64])
        start = self._expect(":", self._skip(at))
        self.values[name], end = _DECODER.raw_decode(self.text, start)
        self.spans[name] = start, end
        return self._skip(end)

    def _expect(self, mark: str, at: int) -> int:
        at = self._skip(at)
        if self.text[at : at + 1] != mark:
            raise ValueError(f"no {mark} at {at}")
        return self._skip(at + 1)

    def _expect_end(self, at: int) -> None:
        if self._skip(at) != len(self.text):
            raise ValueError(f"something after its end, at {at}")

    def _skip(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return space.end() if space else at


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
