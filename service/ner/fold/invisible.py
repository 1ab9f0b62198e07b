"""Characters without an appearance of their own.

==============================  ==========================================================
taken out                       kept
==============================  ==========================================================
zero-width space, word joiner,
byte order mark, soft hyphen,
marks and controls of direction,
control characters              U+001E between letters or digits: a hyphen
joiners (U+200C, U+200D)        beside a letter of a script that joins letters; in emoji
variation selectors             behind an emoji: without, it would be another sign
tags                            behind a flag
==============================  ==========================================================

A variation selector belongs to the character before it and goes where that goes. A soft hyphen at
a line's end takes the line break with it: it is there because of the break.
"""

import re
from collections.abc import Iterator, Sequence

from service.ner.fold.edits import Edit
from service.ner.fold.scripts import BLANKS, JOINING, LINE_BREAKS

_JOINERS = "\u200c\u200d"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0001\U000e0020-\U000e007f"
# PDFium writes U+0002 for a hyphen that a line break has caused; Word has U+001F for the optional
# hyphen, and U+001E for the one at which no line breaks.
_SOFT_HYPHENS = "\xad\x02\x1f"
_HYPHEN = "\x1e"
_RUN = re.compile(
    f"[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    f"\u2060-\u206f\ufeff{_JOINERS}{_SELECTORS}{_TAGS}]+"
)
_BREAK = re.compile(f"[{BLANKS}]*(?:\r\n|[{LINE_BREAKS}])[{BLANKS}]*(?=\\w)")

_EMOJI = re.compile(
    "[©®‼⁉™ℹ\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55〰〽㊗㊙"
    "\U0001f000-\U0001faff]"
)
_BETWEEN_EMOJI = ("\u200d", "\ufe0f\u200d")
_BEHIND_EMOJI = ("\ufe0e", "\ufe0f")
_FLAG_TAGS = re.compile(f"[{_TAGS}]+")
_LETTER_THAT_JOINS = re.compile(f"[{JOINING}]")
_SELECTED = re.compile(f"[{_SELECTORS}]+")


def edits(text: str) -> Sequence[Edit]:
    """What is to be taken out of ``text``."""
    return list(_edits(text))


def _edits(text: str) -> Iterator[Edit]:
    for match in _RUN.finditer(text):
        start, end, run = match.start(), match.end(), match.group()
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        if _means_something(before, run, after):
            continue
        if (selectors := _SELECTED.match(run)) and before and not before.isspace():
            yield start - 1, start + selectors.end(), before
            start += selectors.end()
            if start == end:
                continue
        if _HYPHEN in run and before.isalnum() and after.isalnum():
            yield start, end, "-"
            continue
        if before.isalpha() and any(hyphen in run for hyphen in _SOFT_HYPHENS):
            line_break = _BREAK.match(text, end)
            end = line_break.end() if line_break else end
        yield start, end, ""


def _means_something(before: str, run: str, after: str) -> bool:
    """Would ``run`` be missed between these two characters?"""
    if _EMOJI.match(before):
        if run in _BEHIND_EMOJI or (run in _BETWEEN_EMOJI and _EMOJI.match(after)):
            return True
        return before == "🏴" and _FLAG_TAGS.fullmatch(run) is not None
    if run == "\ufe0f" and after == "\u20e3":  # a keycap
        return before in "#*0123456789"
    if run not in _JOINERS:
        return False
    return bool(_LETTER_THAT_JOINS.match(before) or _LETTER_THAT_JOINS.match(after))
