"""Blanks: whatever kind, and however many, one; a stray one between ideographs goes.

Between ideographs a blank that is seen separates: items of a list, fields, columns. Unless it only
sets single characters apart (``王 小 明``), or pads a name to the width of others (``王　明``): of
the blanks between two single ideographs in labelled texts (``adapters/LOG.md``) 23 stand inside an
entity and 7 at the edge of one, of all others 22 inside and 519 at an edge. Thin and no-break
blanks are a typographer's, who separates nothing by them. A tab, or three blanks, is what stands
between the cells of a table, however short they are.
"""

import re
from collections.abc import Sequence

from service.ner.fold.edits import Edit
from service.ner.fold.scripts import BLANKS, IDEOGRAPHS, THIN

_ODD = BLANKS[1:]
_RUN = re.compile(
    f"(?<![{BLANKS}])(?: *[{_ODD}][{BLANKS}]*| {{2,}}|(?<=[{IDEOGRAPHS}]) (?=[{IDEOGRAPHS}]))"
)
_ANY = re.compile(f" (?: |(?<=[{IDEOGRAPHS}] )[{IDEOGRAPHS}](?![{IDEOGRAPHS}]))")
_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_THIN = re.compile(f"[{THIN}]")
_COLUMN = re.compile(f"\t|[{BLANKS}]{{3}}")


def has_any(text: str) -> bool:
    """May there be something to do among the plain blanks of ``text``?"""
    return _ANY.search(text) is not None


def edits(text: str) -> Sequence[Edit]:
    """What becomes of the blanks in ``text``."""
    runs = (match.span() for match in _RUN.finditer(text))
    found = ((start, end, "" if _is_stray(text, start, end) else " ") for start, end in runs)
    return [(start, end, new) for start, end, new in found if text[start:end] != new]


def _is_stray(text: str, start: int, end: int) -> bool:
    """Does it separate nothing?"""
    if _COLUMN.search(text, start, end):
        return False
    if not _is_ideograph(text, start - 1) or not _is_ideograph(text, end):
        return False
    if _THIN.fullmatch(text, start, end):
        return True
    return not _is_ideograph(text, start - 2) and not _is_ideograph(text, end + 1)


def _is_ideograph(text: str, place: int) -> bool:
    return 0 <= place < len(text) and _IDEOGRAPH.match(text, place) is not None
