"""A file's rows with the numbers of their lines, in whatever encoding."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from adapters.data.encoding import UNREADABLE, EncodingError, NotText, chosen, opened, shown
from adapters.data.readers.errors import BadRow, DataError
from service.errors import InvalidRequest
from service.wire import wording
from service.wire.json_object import once

Row = tuple[int, Any]  # the number of its first line, and its value; BadRow where it is no JSON

_JSON = re.compile(r'\s*(\{[ \t]*(["}]|$)|\[[ \t]*([\[{"\]]|$))', re.MULTILINE)
_BETWEEN = re.compile(r"[\s,]*")


def content(
    path: Path, encoding: str, newline: str | None = None, what: str = "labelled rows"
) -> str:
    """The whole text, line breaks as ``\\n``, or with ``newline=""`` as they are; raises DataError
    for what is not in the encoding, and for no text, where ``what`` was expected."""
    try:
        with path.open("rb") as file:
            found = chosen(file, encoding)
            decoded = opened(file, found, newline)
            text = decoded.read()
            decoded.detach()
    except NotText as exc:
        raise DataError(f"{path}: the file is not text; expected {what}") from exc
    except EncodingError as exc:
        raise DataError(f"{path}: {exc}") from exc
    if UNREADABLE in text:
        line = text.count("\n", 0, text.index(UNREADABLE)) + 1
        raise DataError(
            f"{path}:{line}: bytes that are not {shown(found)}; expected a file in UTF-8, or, "
            "where a command takes it, --encoding"
        )
    return text


def is_json(text: str) -> bool:
    """Does it begin as JSON does? A column file may begin with a bracket, too."""
    return bool(_JSON.match(text))


def json_rows(path: Path, text: str) -> Iterator[Row]:
    """The items of an array, or a value a line. Raises DataError where an array ends, or cannot be
    read on, before the text of ``path`` does: nobody knows how many rows stand behind."""
    yield from _items(path, text) if _is_array(text) else _lines(text)


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that no blank line parts."""
    block: list[str] = []
    for number, line in enumerate(chain(text.split("\n"), [""]), 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _is_array(text: str) -> bool:
    """Not so ``[text, {…}]`` a line, of which each line is an array."""
    if not text.lstrip().startswith("["):
        return False
    try:
        first = _WITH_ANY_NUMBER.decode(text.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        return True
    return not (isinstance(first, list) and len(first) == 2 and isinstance(first[0], str))


def _lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, _parsed(line)


def _items(path: Path, text: str) -> Iterator[Row]:
    at = _BETWEEN.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    line, counted = 1, 0
    while at < len(text) and text[at] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = _item(text, at)
        except (ValueError, RecursionError) as exc:
            raise DataError(
                f"{path}:{getattr(exc, 'lineno', line)}: {_why(exc)}; expected an array that can "
                "be read to its end"
            ) from exc
        yield line, value
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
    rest = text[at + 1 :].strip()
    line += text.count("\n", counted, text.index(rest, at + 1) if rest else at)
    if at >= len(text):
        raise DataError(f"{path}:{line}: the array is not closed; expected ]")
    if rest:
        raise DataError(
            f"{path}:{line}: {wording.shown(rest)} behind the array's ]; expected nothing"
        )


def _item(text: str, at: int) -> tuple[Any, int]:
    """The value that begins at ``at``, and its end: BadRow where numbers in it are none of JSON's,
    or a name is there twice. Raises ValueError and RecursionError where its end cannot be found."""
    try:
        return _DECODER.raw_decode(text, at)
    except json.JSONDecodeError:
        raise
    except (ValueError, InvalidRequest) as exc:
        return BadRow(_why(exc)), _WITH_ANY_NUMBER.raw_decode(text, at)[1]


def _parsed(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError, InvalidRequest) as exc:
        return BadRow(_why(exc))


def _why(error: Exception) -> str:
    if isinstance(error, InvalidRequest):  # of a name that is there twice
        return error.message
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg}, column {error.colno}"
    return f"not JSON: {wording.why_not_json(error)}"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=once)
_WITH_ANY_NUMBER = json.JSONDecoder(parse_constant=str, parse_int=str)
