"""In which encoding a file of rows is: as its bytes tell, or as a person says.

=====================  =========================================================================
a byte order mark      UTF-8, UTF-16 or UTF-32
UTF-8, or mostly       UTF-8; what is not is an error of its row
UTF-16, UTF-32         without a mark, where nearly all characters are of everyday use
two bytes a character  Chinese, Korean or Japanese, by the characters that come out
anything else          what charset-normalizer finds likeliest of ``LIKELY``; Chinese where several
                       are as likely
=====================  =========================================================================
"""

import codecs
from io import TextIOWrapper
from typing import BinaryIO

from adapters.data.east_asian import likeliest
from adapters.data.without_mark import only_utf8, wide

SAMPLE = 2**20  # bytes that are looked at
LIKELY = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1251")
UNREADABLE = "\udc80"  # stands for bytes that are nothing in the encoding; no text has it

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = {*range(0x20)} - {*b"\t\n\f\r\x1b"}  # ESC begins what ISO-2022 shifts to
_NAMES = {"utf-8-sig": "UTF-8", "gb18030": "GB 18030"}


class EncodingError(Exception):
    """No encoding fits, or none has this name: says what was expected."""


class NotText(EncodingError):
    """Bytes that are no text in any encoding."""


def named(name: str) -> str:
    """Python's name for what a person calls an encoding; raises EncodingError."""
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError) as exc:
        raise EncodingError(
            f"--encoding has {name!r}; expected a name such as utf-8, gb18030, utf-16 or cp1252"
        ) from exc
    return "utf-8-sig" if found == "utf-8" else found


def shown(encoding: str) -> str:
    """For people."""
    return _NAMES.get(encoding, encoding.upper())


def chosen(file: BinaryIO, said: str) -> str:
    """The encoding that a person said, else the one that the bytes tell; a mark is never a part of
    the text. Raises EncodingError."""
    if not said:
        return encoding_of(file)
    found = named(said)
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    family = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    return family if family is not None and found.startswith(family) else found


def encoding_of(file: BinaryIO) -> str:
    """As the first ``SAMPLE`` bytes tell; ``file`` is at its start again. Raises EncodingError."""
    file.seek(0)
    sample = file.read(SAMPLE)
    file.seek(0)
    for mark, encoding in _MARKS.items():
        if sample.startswith(mark):
            return encoding
    lines = sample[: sample.rfind(b"\n") + 1] or sample if len(sample) == SAMPLE else sample
    others, bad = _not_ascii(lines)
    if not bad and only_utf8(lines):
        return "utf-8"
    if found := wide(sample):
        return found
    _refuse_binary(sample)
    return "utf-8" if bad * 3 <= others else likeliest(lines) or _guessed(lines)


def opened(file: BinaryIO, encoding: str, newline: str | None) -> TextIOWrapper:
    """``file`` decoded from its start; what cannot be decoded is ``UNREADABLE``. To be detached."""
    file.seek(0)
    return TextIOWrapper(file, encoding=encoding, errors=_MARKED, newline=newline)


def _not_ascii(sample: bytes) -> tuple[int, int]:
    """How many characters of UTF-8 are not, and how many of these are none of UTF-8."""
    text = sample.decode("utf-8", "surrogateescape")
    others = [one for one in text if one > "\x7f"]
    return len(others), sum("\udc80" <= one <= "\udcff" for one in others)


def _refuse_binary(sample: bytes) -> None:
    controls = sum(sample.count(one) for one in _CONTROLS)
    if controls > 1 + len(sample) // 20:
        raise NotText("the file is not text; expected text, or --kind parquet or xlsx")


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    found = {one.encoding: one.chaos for one in from_bytes(sample, cp_isolation=[*LIKELY])}
    if not found:
        raise EncodingError(
            "the encoding is not UTF-8 and cannot be told; expected UTF-8, or, where a command "
            "takes it, --encoding, for instance gb18030, utf-16-le, cp1252"
        )
    least = min(found.values())
    return next(one for one in LIKELY if found.get(one) == least)


_MARKED = "nerve-unreadable"
codecs.register_error(
    _MARKED, lambda error: (UNREADABLE, error.end if isinstance(error, UnicodeDecodeError) else 0)
)
