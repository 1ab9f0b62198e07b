"""Line breaks: one that only ends a full line is soft and goes, one that says something stays.

A break stays, as one LF, where the line before ends a sentence or announces something, where the
next line begins an item or a heading, or is indented as a paragraph; between rows of a table and
fields of a form; and between the lines of a bare list: nothing but short items, such as names. A
blank line ends a paragraph and stays, as two LF.

A soft break goes as its script has it (CSS Text 3, 4.1.3): between ideographs nothing was there,
between words a blank. Where only one side is an ideograph there is no blank either, which Chinese
does not write. A hyphen at a line's end goes with the break if the word goes on in lower case; it
stays, and the break goes, before a capital or a digit ("Jean-Paul").
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.ner.fold.edits import Edit
from service.ner.fold.scripts import BLANKS, IDEOGRAPHS, LINE_BREAKS, UNSPACED, WIDE

_GAP = re.compile(f"(?:(?<![{BLANKS}])[{BLANKS}]+)?[{LINE_BREAKS}][{BLANKS}{LINE_BREAKS}]*")
_BREAK = re.compile(f"\r\n\f?|\n\f?|[{LINE_BREAKS}]")
_PARAGRAPH, _LINE = "\n\n", "\n"

_ENDS = re.compile("[。！？!?；;…：:][”’」』）》】〉\"')\\]}]*\\Z")
_INDENT = re.compile("[\t\u2003\u3000]\\Z")
_BEGINS_ITEM = re.compile(
    "[-*+•·‣▪●○■□◆◇►>#|＊※–—]|[(（]?[0-9０-９]{1,3}[.)、．）](?![0-9])|[①-⓿]"
    "|[(（]?[一二三四五六七八九十百]{1,3}[)）、．]|第[0-9一二三四五六七八九十百千]+[章节節条條款部编編篇]"
    "|[(（]?[A-Za-z][)）]|[a-z]\\.[ \t]|```|===|---"
)
_BEGINS_FIELD = re.compile(
    r"[^\W\d_][^\s:：，。；,;]{0,11}(?: [^\s:：，。；,;]{1,12}){0,2} ?[:：](?!//)"
)
_HEADING = re.compile("#{1,6} |```")
_ROW = re.compile(f"\t|\\||\\S(?: {{3}}|\u3000\u3000)[{BLANKS}]*\\S")

_SHORT_ITEM = re.compile(f"[{IDEOGRAPHS}·]{{2,4}}")
_BARE_ITEM = re.compile(f"[{IDEOGRAPHS}·（）()]{{2,20}}")
_WIDE, _UNSPACED = re.compile(f"[{WIDE}]"), re.compile(f"[{UNSPACED}]")
_HYPHENS = "-\u2010"
_MOST_WORDS = 4
_SMALL_WORDS = frozenset({"of", "and", "the", "for", "in", "de", "da", "la", "van", "von"})


@dataclass(frozen=True, slots=True)
class _Gap:
    """The white space around a line break, or around several: a paragraph's end."""

    start: int
    end: int
    is_paragraph: bool


def edits(text: str) -> Sequence[Edit]:
    """What becomes of the line breaks in ``text``; those at its ends stay as they are."""
    gaps = [
        _Gap(match.start(), match.end(), _ends_paragraph(match.group()))
        for match in _GAP.finditer(text)
        if match.start() > 0 and match.end() < len(text)
    ]
    found = (_edit(text, *one) for one in zip(gaps, _stay(text, gaps), strict=True))
    return [(start, end, new) for start, end, new in found if text[start:end] != new]


def _ends_paragraph(gap: str) -> bool:
    return "\u2029" in gap or len(_BREAK.findall(gap)) > 1


def _edit(text: str, gap: _Gap, stays: bool) -> Edit:
    if gap.is_paragraph:
        return gap.start, gap.end, _PARAGRAPH
    if stays:
        return gap.start, gap.end, _LINE
    before, after = text[gap.start - 1], text[gap.end]
    if before in _HYPHENS and gap.start > 1 and text[gap.start - 2].isalnum() and after.isalnum():
        is_split_word = text[gap.start - 2].isalpha() and after.islower()
        return gap.start - is_split_word, gap.end, ""
    return gap.start, gap.end, _between(before, after)


def _between(before: str, after: str) -> str:
    if _WIDE.match(before) or _WIDE.match(after):
        return ""
    return "" if _UNSPACED.match(before) and _UNSPACED.match(after) else " "


def _stay(text: str, gaps: Sequence[_Gap]) -> list[bool]:
    """Which of the gaps are no soft line breaks."""
    if not gaps:
        return []
    edges = [0, *(edge for gap in gaps for edge in (gap.start, gap.end)), len(text)]
    lines = [text[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]
    stay = [
        gap.is_paragraph or _separates(before, text[gap.start : gap.end], after)
        for gap, (before, after) in zip(gaps, pairwise(lines), strict=True)
    ]
    for first, last in _blocks(stay):
        if _is_list(lines[first : last + 1]):
            stay[first:last] = [True] * (last - first)
    return stay


def _blocks(stay: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """The first and the last line of each run of lines that nothing separates yet."""
    first = 0
    for place, stays in enumerate([*stay, True]):
        if stays:
            if place > first:
                yield first, place
            first = place + 1


def _separates(before: str, gap: str, after: str) -> bool:
    return bool(
        _ENDS.search(before)
        or _INDENT.search(gap)
        or _BEGINS_ITEM.match(after)
        or _HEADING.match(before)
        or (_BEGINS_FIELD.match(before) and _BEGINS_FIELD.match(after))
        or (_ROW.search(before) and _ROW.search(after))
    )


def _is_list(lines: Sequence[str]) -> bool:
    """Nothing but short items: two to four ideographs each, or a few words; or three lines or more
    without a mark. Two lines of a word each may be one name."""
    if all(_SHORT_ITEM.fullmatch(line) for line in lines):
        return True
    if all(map(_is_short, lines)):
        return len(lines) > 2 or all(len(line.split()) > 1 for line in lines)
    is_bare = len(lines) > 2 and all(_BARE_ITEM.fullmatch(line) for line in lines)
    return is_bare and not _is_wrapped(lines)


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Do all lines look filled but for the last, as a narrow column's do? Items that end alike
    (``中国工商银行``, ``中国建设银行``) are no such lines."""
    widths = [len(line) for line in lines]
    filled = max(widths) - min(widths[:-1]) <= 1
    return filled and len({line[-1] for line in lines}) > 1


def _is_short(line: str) -> bool:
    """At most a few words, all capitalised but for small ones; two in a script without capitals."""
    words = line.split(maxsplit=_MOST_WORDS)
    if len(words) > _MOST_WORDS or _WIDE.search(line) or not line[-1:].isalnum():
        return False
    words = [word for place, word in enumerate(words) if not place or word not in _SMALL_WORDS]
    if all(word[0].isupper() or word[0].isdigit() for word in words):
        return any(word[0].isalpha() for word in words)
    return len(words) <= 2 and not any(word[0].islower() or word[0].isupper() for word in words)
