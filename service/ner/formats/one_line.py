"""A surface on one line: a backslash and the line breaks LF and CR are escaped with a backslash."""

import re

from service.ner.formats.lark import substring_of
from service.ner.types import Constraint

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}


def escaped(text: str) -> list[str]:
    """Each character of ``text`` as it is written."""
    return [_ESCAPES.get(character, character) for character in text]


def span_rules(text: str, constraint: Constraint) -> list[str]:
    """Rules of a grammar for SPAN, a surface; when grounded, one that stands in ``text``."""
    if constraint != "grounded":
        return ["SPAN: /[^\\n]+/"]
    # A substring may be empty; the intersection with a non-empty line forbids that.
    return ["SPAN: SUBSTRING & /[^\\n]+/", f"SUBSTRING: {substring_of(escaped(text))}"]


def unescaped(written: str) -> str:
    """The surface that was written; a backslash before anything else stands for itself."""
    return re.sub(r"\\[\\nr]", lambda match: _PLAIN[match.group()], written)
