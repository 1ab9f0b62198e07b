"""Code point offsets in other units, for callers whose strings count otherwise."""

from typing import Literal


class Ruler:
    """Called with a code point offset into ``text``, it gives the same in UTF-16 code units or
    UTF-8 bytes. Each costs its distance from the one asked before: a text's own order is linear."""

    def __init__(self, text: str, unit: Literal["codepoint", "utf16", "utf8"]) -> None:
        self._text = text
        self._plain = unit == "codepoint"
        self._codec, self._width = ("utf-16-le", 2) if unit == "utf16" else ("utf-8", 1)
        self._last = self._units = 0

    def __call__(self, offset: int) -> int:
        """``offset`` in the unit."""
        if self._plain:
            return offset
        first, last = sorted((self._last, offset))
        between = len(self._text[first:last].encode(self._codec)) // self._width
        self._units += between if offset > self._last else -between
        self._last = offset
        return self._units
