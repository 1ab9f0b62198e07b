"""The model's name in the engine's answers: the public one in place of the engine's.

Done in bytes. ``"model"`` in quotes cannot be a part of generated text, whose quotes are escaped.
"""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache

from service.engine.status import event_in_envelope


@dataclass(frozen=True, slots=True)
class Renaming:
    """From the engine's name to the public one; changes nothing where they are the same."""

    engine_name: str
    public: str

    def answer(self, body: bytes) -> bytes:
        """A whole answer, or one line of a stream."""
        if self.engine_name == self.public:
            return body
        name = json.dumps(self.public).encode()
        return _pair(self.engine_name).sub(lambda pair: pair[1] + name, body, count=1)

    async def lines(
        self, chunks: AsyncIterator[bytes], held_by: str | None = None
    ) -> AsyncIterator[bytes]:
        """A stream in whole lines, each sent on as soon as its end has come; an error in our words.
        ``held_by``: the request's field that holds the completion to a grammar.

        What follows the last line's end is passed on with the stream's end.
        """
        rest = b""
        async for chunk in chunks:
            *lines, rest = (rest + chunk).splitlines(keepends=True) or [b""]
            if rest.endswith(b"\n"):
                lines, rest = [*lines, rest], b""
            if lines:
                yield b"".join(self._line(line, held_by) for line in lines)
        if rest:
            yield self._line(rest, held_by)

    def _line(self, line: bytes, held_by: str | None) -> bytes:
        return event_in_envelope(self.answer(line), held_by)


@lru_cache
def _pair(engine_name: str) -> re.Pattern[bytes]:
    name = re.escape(json.dumps(engine_name).encode())
    return re.compile(rb'("model"\s*:\s*)' + name)
