"""Changes to a text, and the way back from the changed text."""

from bisect import bisect_right
from collections.abc import Sequence

Edit = tuple[int, int, str]
"""``text[start:end]`` becomes the string; half-open, in code points."""


class Edits:
    """Changes that follow each other and do not overlap; looking a place up is logarithmic.

    Between two changes the texts are the same but for a shift. A span that begins or ends inside
    of what replaced something has all of it.
    """

    __slots__ = ("_ends", "_new", "_new_ends", "_new_starts", "_starts")

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._starts = [start for start, _, _ in edits]
        self._ends = [end for _, end, _ in edits]
        self._new = [new for _, _, new in edits]
        self._new_starts, self._new_ends, shift = list[int](), list[int](), 0
        for start, end, new in edits:
            self._new_starts.append(start + shift)
            self._new_ends.append(start + shift + len(new))
            shift += len(new) - (end - start)

    def made(self, text: str) -> str:
        """``text`` with the changes."""
        parts, done = [], 0
        for start, end, new in zip(self._starts, self._ends, self._new, strict=True):
            parts += [text[done:start], new]
            done = end
        return "".join([*parts, text[done:]])

    def before(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the changed text was."""
        return _moved(start, end, self._new_starts, self._new_ends, self._starts, self._ends)

    def after(self, start: int, end: int) -> tuple[int, int]:
        """Where a span went."""
        return _moved(start, end, self._starts, self._ends, self._new_starts, self._new_ends)


def _moved(
    start: int,
    end: int,
    starts: Sequence[int],
    ends: Sequence[int],
    to_starts: Sequence[int],
    to_ends: Sequence[int],
) -> tuple[int, int]:
    """By its first and its last character: what was taken out beside a span stays outside."""
    at = bisect_right(starts, start) - 1
    if at >= 0:
        start = to_starts[at] if start < ends[at] else start - ends[at] + to_ends[at]
    at = bisect_right(starts, end - 1) - 1
    if at >= 0:
        end = to_ends[at] if end - 1 < ends[at] else end - ends[at] + to_ends[at]
    return start, end
