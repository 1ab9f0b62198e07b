"""What ``nerve extract TEXT`` was given: a text, or a file's name."""

import os
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from adapters.data.encoding import UNREADABLE, opened, shown
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.kinds import known
from deploy.bulk.inputs.opening import encoding_in, told

_LONGEST_NAME = 255  # characters
_BEGINNINGS = ("/", "./", "../", "~/")
# Neither ``Ph.D`` nor ``Dr.Wu``, ``No.5`` or ``3.5kg``.
_ENDING = re.compile(r"[^.]\.([a-z][a-z0-9]{1,4}|[A-Z][A-Z0-9]{1,3})$")


def text_of(
    given: str, standard_input: BinaryIO, encoding: str, tell: Callable[[str], None]
) -> str:
    """The text that is meant by ``given``, ``-`` being standard input; ``tell`` hears what a person
    should know of it. Raises BulkFailed, OSError."""
    if given == "-":
        return _whole(BytesIO(standard_input.read()), "standard input", encoding, tell)
    if path := named_file(given):
        with path.open("rb") as file:
            whole = file if file.seekable() else BytesIO(file.read())
            text = _whole(whole, given, encoding, tell)
        tell(f"{given}: a file, whose text is read")
        return text
    if _is(Path.is_dir, Path(given)) and given:
        tell(f"{given}: a directory is there; taken for the text")
    elif _is_there(Path(given)):
        tell(f"{given}: a file is there; taken for the text, ./{given} reads it")
    elif looks_like_a_file(given):
        tell(f"{given}: no such file; taken for the text")
    return given


def _whole(file: BinaryIO, name: str, said: str, tell: Callable[[str], None]) -> str:
    text, encoding = text_in(file, said)
    if line := told(name, encoding, said):
        tell(line)
    return text


def named_file(given: str) -> Path | None:
    """The file that is meant by ``given``; None when that is a text.

    A name without an ending or a folder (``README``) is a text, ``./README`` a file. Raises
    BulkFailed for a file of rows, for a kind that is not read, and for a directory.
    """
    path = Path(given)
    if not (path.suffix or os.sep in given):
        return None
    if _is(Path.is_dir, path):
        raise BulkFailed(f"{given} is a directory; expected a text, or a text file")
    if not _is_there(path):
        return None
    kind = known(path)
    if kind not in (None, "txt"):
        raise BulkFailed(f"{given} is a file of rows ({kind}); expected --out, for their entities")
    return path


def _is_there(path: Path) -> bool:
    """A file, or a pipe such as a shell's ``<(…)``."""
    return _is(Path.is_file, path) or _is(Path.is_fifo, path)


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    try:
        return kind(path)
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def looks_like_a_file(given: str) -> bool:
    """A name that was mistyped, most likely: it has an ending, or a folder and that is there, or
    begins as paths do. ``A/B`` and ``和/或`` are texts, and so is an address with an ``@``."""
    if len(given) > _LONGEST_NAME or any(map(str.isspace, given)) or "@" in given:
        return False
    path = Path(given)
    if given.startswith(_BEGINNINGS) or _ENDING.search(given):
        return True
    try:
        return known(path) is not None or (os.sep in given and _is(Path.is_dir, path.parent))
    except BulkFailed:
        return True


def text_in(file: BinaryIO, said: str) -> tuple[str, str]:
    """The whole text, and the encoding that it is in. Raises BulkFailed."""
    encoding = encoding_in(file, said)
    decoded = opened(file, encoding, newline="")
    try:
        text = decoded.read()
    finally:
        decoded.detach()
    if UNREADABLE in text:
        line = text.count("\n", 0, text.index(UNREADABLE)) + 1
        raise BulkFailed(f"line {line} is not {shown(encoding)}; expected that, or --encoding")
    return text, encoding
