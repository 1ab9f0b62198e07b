"""Code point offsets in other units, for callers whose strings count otherwise."""

from collections.abc import Iterable
from typing import Literal


def in_unit(
    text: str, offsets: Iterable[int], unit: Literal["codepoint", "utf16", "utf8"]
) -> dict[int, int]:
    """Map code point ``offsets`` into ``text`` to UTF-16 code units or UTF-8 bytes; linear."""
    wanted = sorted(set(offsets))
    if unit == "codepoint":
        return {offset: offset for offset in wanted}
    codec, width = ("utf-16-le", 2) if unit == "utf16" else ("utf-8", 1)
    mapped, last, units = {}, 0, 0
    for offset in wanted:
        units += len(text[last:offset].encode(codec)) // width
        mapped[offset] = units
        last = offset
    return mapped
