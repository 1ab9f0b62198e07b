"""Lines out of the pieces of a stream, each within a limit; memory is that of one line. And JSON
that is one line to every reader."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

# They may stand unescaped in strings of JSON, and Python's ``splitlines``, with which HTTP clients
# read lines and events, ends a line at each.
_LINE_BREAKS = {end.encode(): f"\\u{ord(end):04x}".encode() for end in "\x85\u2028\u2029"}


def json_line(content: Mapping[str, Any]) -> bytes:
    """``content`` as UTF-8, without the line feed; raises ValueError for NaN and infinity."""
    return one_line(json.dumps(content, ensure_ascii=False, allow_nan=False).encode())


def one_line(written: bytes) -> bytes:
    """``written``, JSON that has no line breaks between its tokens, without any in its strings."""
    for end, escaped in _LINE_BREAKS.items():
        written = written.replace(end, escaped)
    return written


class Lines:
    """``feed`` it pieces, then ``end`` it. A line over the limit comes as None."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._line = bytearray()
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[bytes | None]:
        """The lines that end in ``piece``, without their line feeds."""
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._add(part)
            yield self._taken()
        self._add(rest)

    def end(self) -> Iterator[bytes | None]:
        """A last line, which may lack its line feed."""
        if self._size:
            yield self._taken()

    @property
    def held(self) -> int:
        """Bytes of the line that has not ended."""
        return len(self._line)

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._max_bytes:
            self._line.clear()  # its length is all that is still needed
        else:
            self._line += part

    def _taken(self) -> bytes | None:
        line = None if self._size > self._max_bytes else bytes(self._line)
        self._line, self._size = bytearray(), 0
        return line
