"""A regular expression's size: characters and classes, with repetitions written out."""

import re

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


def measure(pattern: str) -> Size:
    """Linear time; raises Unmeasurable for what has no end, or is written with the flag x."""
    groups: list[tuple[int, int]] = []  # of each open one: parts before it, its last part
    parts, last, deepest, at = 0, 0, 1, 0
    while at < len(pattern):
        if pattern[at] == "[":
            at, parts, last = _class(pattern, at), parts + last, 1
            continue
        found = _ATOM.match(pattern, at)
        assert found is not None, "a dot matches everything"
        at, atom = found.end(), found.group()
        if found["flags"] is not None and "x" in found["flags"]:
            raise Unmeasurable("a regular expression without the flag x")
        if atom.startswith("(") and found["end"] != ")":
            groups.append((parts, last))
            parts, last, deepest = 0, 0, max(deepest, len(groups) + 1)
        elif atom == ")":
            if not groups:
                raise Unmeasurable("a regular expression whose groups are opened before they end")
            inside = parts + last
            parts, last = groups.pop()
            parts, last = parts + last, max(inside, 1)
        elif found["least"] is not None and (found["least"] or found["most"]):
            last *= _times(found["least"], found["comma"], found["most"])
        elif atom in "*+?|":
            parts, last = (parts, last) if atom != "|" else (parts + last + 1, 0)
        else:
            parts, last = parts + last, 1
        parts, last = min(parts, MOST), min(last, MOST)
    if groups:
        raise Unmeasurable("a regular expression whose groups end")
    return Size(deepest, parts + last)


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
