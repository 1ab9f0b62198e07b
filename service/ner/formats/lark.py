"""Pieces of Lark grammars in llguidance's dialect, shared by the formats."""

import json
from collections.abc import Iterable

_json = json.JSONEncoder(ensure_ascii=False).encode  # ``dumps`` would make an encoder each time


def literal(text: str) -> str:
    """``text`` as a quoted Lark string; Lark's escapes are JSON's."""
    return _json(text)


def any_of(words: Iterable[str]) -> str:
    """A terminal body that matches exactly these words."""
    return " | ".join(literal(word) for word in words)


def only_a_substring_of(text: str) -> str:
    """A whole grammar: some part of ``text``, never empty. Asks an engine: can you ground?"""
    return f"start: SPAN\nSPAN: SUBSTRING & /[^\\n]+/\nSUBSTRING: {substring_of(text)}"


def substring_of(pieces: Iterable[str]) -> str:
    """A terminal body that matches any run of neighbouring pieces, the empty run included.

    Pieces rather than characters: an escaped character is one piece, so no run ends inside it.
    """
    return "%regex " + _json({"substring_chunks": list(pieces)})
