"""UTF-16 and UTF-32 without a byte order mark: told by the characters that come out.

Read in the right order nearly all are of everyday use; read in the wrong one, or out of bytes that
are something else, they are spread over all of Unicode. Zero bytes do not tell: few characters of
a Chinese text have one, and 一 (U+4E00) has it where Latin letters do not.
"""

from functools import cache

ENCODINGS = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_LIKELIER = ("utf-8", "gb18030")  # where they do as well
_LOOKED_AT = 2**16  # bytes
# Shares of everyday characters. Bytes that are something else have 0.3, by chance 0.7 when they are
# few; those of one byte a character hardly ever have zeros.
_LEAST, _LEAST_WITH_ZEROS, _LEAST_OF_UTF8 = 0.8, 0.5, 0.75
# Character sets that have their everyday characters first: up to which lead byte these go.
_LEVELS = {"gb2312": 0xD7, "big5": 0xC6, "euc_jp": 0xCF, "euc_kr": 0xC8}


def wide(sample: bytes) -> str | None:
    """The one of ``ENCODINGS`` that ``sample``, a file's beginning, is in; None for none."""
    start = sample[:_LOOKED_AT]
    least = _LEAST_WITH_ZEROS if _has_zeros(sample) else _LEAST
    shares = {name: _share(start.decode(name, "replace")) for name in (*_LIKELIER, *ENCODINGS)}
    best = max(shares, key=shares.__getitem__)  # the first of those that are as good
    return best if best in ENCODINGS and shares[best] >= least else None


def only_utf8(valid: bytes) -> bool:
    """Of bytes that are valid UTF-8, as those of Latin or Cyrillic letters in UTF-16 are, too: then
    every other one is a control character."""
    start = valid[:_LOOKED_AT].decode("utf-8", "ignore")
    return not _has_zeros(valid) or _share(start) >= _LEAST_OF_UTF8


def _has_zeros(sample: bytes) -> bool:
    """More than a text of one byte a unit would have, in which a stray one is a character."""
    return sample.count(0) * 20 > len(sample)


def _share(text: str) -> float:
    everyday = _everyday()
    return sum(one in everyday or one > "\uffff" for one in text) / max(1, len(text))


@cache
def _everyday() -> frozenset[str]:
    alphabets = (one for one in map(chr, range(0x20, 0x2000)) if one.isprintable())
    found = {*"\t\n\r", *alphabets}
    for name, last in _LEVELS.items():
        for lead in range(0xA1, last + 1):
            for trail in range(0x40, 0xFF):
                found |= set(bytes((lead, trail)).decode(name, "ignore"))
    return frozenset(found)
