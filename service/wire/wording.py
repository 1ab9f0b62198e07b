"""How messages put what a caller sent: a value as JSON has it, a name that was perhaps meant to be
another, and why bytes are no JSON."""

import json
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80  # characters of a value that a message shows
# With a check for circles it would keep a value that it does not write to its end.
_PIECES = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=repr)


def shown(value: object) -> str:
    """As JSON, cut after ``LONGEST`` characters. What people read stands as it is; what they do not
    see (zero-width and bidi characters, half of a surrogate pair) as its escape."""
    written = ""
    for piece in _PIECES.iterencode(value):  # no more than is shown: a body has room for millions
        written += piece
        if len(written) > LONGEST:
            written = written[: LONGEST - 3] + "..."
            break
    return visible(written)


def visible(text: str) -> str:
    """``text``, with the escape of each character that people do not see, or that ends a line."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def meant(name: str, known: Iterable[str]) -> str:
    """A question for the name nearest to one that is not ``known``; empty where none is near."""
    close = get_close_matches(name[:64], known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def why_not_json(error: BaseException) -> str:
    """What a decoder of UTF-8 or of JSON refused, and where."""
    match error:
        case UnicodeDecodeError():
            return f"byte 0x{error.object[error.start]:02x} at {error.start} is not UTF-8"
        case json.JSONDecodeError():
            return f"{error.msg}, line {error.lineno} column {error.colno}"
        case RecursionError():
            return "it is nested too deeply"
        case _ if "integer string" in str(error):
            return "a number has too many digits"
    return str(error)


def told(error: BaseException) -> str:
    """An error's message; of the system's the file and the reason, without a number."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def why_unusable(error: Exception) -> str:
    """What is missing, or of another type, in JSON that a command of ours should have made; why a
    file cannot be read."""
    match error:
        case OSError() if error.strerror:
            return error.strerror
        case KeyError():
            return f"{error.args[0]} is missing"
        case TypeError() | AttributeError():
            return "a value is of another type"
    return why_not_json(error)
