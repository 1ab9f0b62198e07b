"""A regular expression's size: characters and classes, with repetitions written out."""

import re
from dataclasses import dataclass

from service.guard.grammars.size import MOST, Size, Unmeasurable, count

# Nothing is looked at twice: repetitions give nothing back, and names have an end. What is longer
# is read as single characters, which are more.
_ATOM = re.compile(
    r"""\\[pP](?:\{[^}]{0,64}\}|.)|\\[xuU]\{[^}]{0,64}\}|\\.   # escapes
    |\(\?P?<[A-Za-z_][^>]{0,64}>                               # a group with a name
    |\(\?(?P<flags>[a-zA-Z-]{0,64}+)(?P<end>[:)])              # flags, with or without a group
    |\(\?(?:[=!]|<[=!])
    |\{\s*+(?P<least>\d*+)\s*+(?P<comma>,?)\s*+(?P<most>\d*+)\s*+\}
    |.""",
    re.DOTALL | re.VERBOSE,
)
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\[\]\\])*", re.DOTALL)
_IN_CLASS = re.compile(r"(?:\\.|[^\[\]\\])*", re.DOTALL)


@dataclass(slots=True)
class _Group:
    """An open group: its ``parts`` but for the ``last`` one, which a repetition would be of."""

    parts: int = 0
    last: int = 0

    def add(self, size: int) -> None:
        self.parts, self.last = min(self.parts + self.last, MOST), min(size, MOST)

    def repeat(self, times: int) -> None:
        self.last = min(self.last * times, MOST)


def measure(pattern: str) -> Size:
    """Linear time; raises Unmeasurable for what has no end, or is written with the flag x."""
    groups, deepest, at = [_Group()], 1, 0
    while at < len(pattern):
        if pattern[at] == "[":
            at = _class(pattern, at)
            groups[-1].add(1)
            continue
        found = _ATOM.match(pattern, at)
        assert found is not None, "a dot matches everything"
        at = found.end()
        _read(found, groups)
        deepest = max(deepest, len(groups))
    if len(groups) > 1:
        raise Unmeasurable("a regular expression whose groups end")
    return Size(deepest, groups[0].parts + groups[0].last)


def _read(found: re.Match[str], groups: list[_Group]) -> None:
    """One atom, in the last of the open groups."""
    atom = found.group()
    if found["flags"] is not None and "x" in found["flags"]:
        raise Unmeasurable("a regular expression without the flag x")
    if atom.startswith("(") and found["end"] != ")":
        groups.append(_Group())
    elif atom == ")":
        if len(groups) == 1:
            raise Unmeasurable("a regular expression whose groups are opened before they end")
        inside = groups.pop()
        groups[-1].add(max(inside.parts + inside.last, 1))
    elif found["least"] is not None and (found["least"] or found["most"]):
        groups[-1].repeat(_times(found["least"], found["comma"], found["most"]))
    elif atom == "|":
        groups[-1].add(1)
        groups[-1].add(0)
    elif atom not in "*+?":
        groups[-1].add(1)


def _times(least: str, comma: str, most: str) -> int:
    """How often, written out; an open end is one more."""
    lower, upper = count(least or "0"), count(most or "0")
    return max(lower + bool(comma and not most), upper, 1)


def _class(pattern: str, at: int) -> int:
    """Where the class that begins ``at`` ends."""
    open_ = 0
    while at < len(pattern):
        if pattern[at] == "[":
            open_ += 1
            found = _CLASS.match(pattern, at)
        else:
            open_, at = open_ - 1, at + 1
            if not open_:
                return at
            found = _IN_CLASS.match(pattern, at)
        assert found is not None, "each begins where it may"
        at = found.end()
    raise Unmeasurable("a regular expression whose classes end")
