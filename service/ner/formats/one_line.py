"""A surface on one line: a backslash and the line breaks LF and CR are escaped with a backslash."""

import re

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}


def escaped(text: str) -> list[str]:
    """Each character of ``text`` as it is written."""
    return [_ESCAPES.get(character, character) for character in text]


def unescaped(written: str) -> str:
    """The surface that was written; a backslash before anything else stands for itself."""
    return re.sub(r"\\[\\nr]", lambda match: _PLAIN[match.group()], written)
