"""What ``nerve extract TEXT`` was given: a text, or a file's name."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from adapters.data.encoding import UNREADABLE, opened, shown
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.kinds import known
from deploy.bulk.inputs.opening import encoding_in, told


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
    if _is_there(Path(given)):
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
    BulkFailed for a file of rows, and for a kind that is not read.
    """
    path = Path(given)
    if not (path.suffix or os.sep in given) or not _is_there(path):
        return None
    kind = known(path)
    if kind not in (None, "txt"):
        raise BulkFailed(f"{given} is a file of rows ({kind}); expected --out, for their entities")
    return path


def _is_there(path: Path) -> bool:
    """A file, or a pipe such as a shell's ``<(…)``."""
    try:
        return path.is_file() or path.is_fifo()
    except (OSError, ValueError):  # too long for a name, or with a NUL
        return False


def looks_like_a_file(given: str) -> bool:
    """A name that was mistyped, most likely."""
    try:
        return not any(map(str.isspace, given)) and known(Path(given)) is not None
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
