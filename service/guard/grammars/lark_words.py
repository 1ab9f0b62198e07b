"""The words of a grammar, in the engine's dialect of Lark or in GBNF, the engine's second one."""

import re
from dataclasses import dataclass
from typing import Any

from service.guard.grammars.size import Unmeasurable
from service.wire.json_object import DECODER

_NAME = r"!?[_?]?[A-Za-z][\w-]*"
_LARK = rf"""
    (?P<skip>[ \t]+|(?:\#|//)[^\n]*)
    |(?P<line>\r?\n)
    |(?P<text>"(?:\\.|[^"\\\x00-\x1f\x7f])*"i?)
    |(?P<regex>/(?:\\.|[^/\\])+/[imslux]*)
    |(?P<json>%json|%regex|%llguidance)
    |(?P<word>%import|%ignore)
    |(?P<name>{_NAME})
    |(?P<special><[^<>\s]+>)
    |(?P<number>[+-]?\d+)
    |(?P<mark>->|\.\.|::|[.,:()\[\]{{}}~|&=*+?])
"""
# What begins a rule is `name ::=`; classes of characters are their own notation. A comment ends at
# either character of a line's end, and so does a line.
_GBNF = r"""
    (?P<skip>[ \t]+|\#[^\r\n]*)
    |(?P<line>\r\n?|\n)
    |(?P<text>"(?:\\.|[^"\\\n])*")
    |(?P<regex>\[(?:\\.|[^\]\\])*\])
    |(?P<name>[A-Za-z][\w-]*)
    |(?P<number>\d+)
    |(?P<mark>::=|[.,(){}|*+?])
"""
_WORDS = {
    "lark": re.compile(_LARK, re.VERBOSE | re.ASCII),
    "gbnf": re.compile(_GBNF, re.VERBOSE | re.ASCII),
}
# As the engine tells them apart.
_IS_LARK = re.compile(r"(?m)^[^\S\n]*+(%llguidance\b|start\s*:)")
_SPACE = re.compile(r"[ \t\n\r]*")
# The engine's time for that grows with the square of the blanks that follow one another.
_MOST_BLANKS = 1000
_BLANKS = re.compile(r"\s++")

_RULE = re.compile(r"!?[_?]?[a-z][_a-z0-9-]*")
_TERMINAL = re.compile(r"_?[A-Z][_A-Z0-9-]*")
_REGEX = re.compile(r"/(.*)/([imslux]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a grammar: its kind, how it is written, and the regular expression that it is, or
    what was behind ``%json``."""

    kind: str
    text: str
    value: Any = None


def dialect(grammar: str) -> str:
    """``lark`` or ``gbnf``."""
    return "lark" if _IS_LARK.search(grammar) else "gbnf"


def words(grammar: str) -> list[Word]:
    """Without blanks, comments and empty lines; raises Unmeasurable for what is no word."""
    if any(len(blanks) > _MOST_BLANKS for blanks in _BLANKS.findall(grammar)):
        raise Unmeasurable(f"up to {_MOST_BLANKS} blanks and line ends that follow one another")
    spoken = dialect(grammar)
    is_lark, pattern = spoken == "lark", _WORDS[spoken]
    found, at = list[Word](), 0
    while at < len(grammar):
        match = pattern.match(grammar, at)
        if match is None:
            line = grammar.count("\n", 0, at) + 1
            raise Unmeasurable(f"a grammar in Lark or GBNF; line {line} has another sign")
        at, kind, value = match.end(), str(match.lastgroup), None
        if kind == "json":
            value, at = _json(grammar, at)
        elif kind == "regex":
            value = _regex(match.group())
        elif kind == "name" and is_lark:
            _check_name(match.group())
        is_empty_line = kind == "line" and found and found[-1].kind == "line"
        if kind != "skip" and not is_empty_line:
            found.append(Word(kind, match.group(), value))
    return found


def is_terminal(name: str) -> bool:
    """By its letters."""
    return bool(_TERMINAL.fullmatch(name))


def is_number(word: Word) -> bool:
    """With or without a sign."""
    return word.kind == "number"


def _check_name(name: str) -> None:
    # The engine would read the two halves of a name in both cases as two names.
    if not (_RULE.fullmatch(name) or is_terminal(name)):
        raise Unmeasurable(f"names in small or in capital letters, not {name[:64]!r}")


def _regex(written: str) -> str:
    found = _REGEX.fullmatch(written)
    if found is None:  # a class of characters
        return written
    if "x" in found[2]:
        raise Unmeasurable("a regular expression without the flag x")
    return found[1]


def _json(grammar: str, at: int) -> tuple[Any, int]:
    start = _SPACE.match(grammar, at)
    assert start is not None, "it may be empty"
    try:
        value, end = DECODER.raw_decode(grammar, start.end())
    except (ValueError, RecursionError) as exc:
        raise Unmeasurable("an object of JSON behind %json, %regex and %llguidance") from exc
    return value, end
