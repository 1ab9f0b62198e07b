"""CoNLL: 2 to 4 columns, the word first and its tag last, a blank line between texts.

=======  ==========================================================================================
BIO      B- begins an entity, I- goes on with it
IOB1     I- begins one, too; B- only behind an entity of the same label. A file is taken for this
         where no B- stands anywhere else
BMES     B-, M-, E- and S- for one alone; BIOES: I- for M-; BILOU: L- for E-, U- for S-
=======  ==========================================================================================

Words are joined by one blank. Characters, and words of Chinese and Japanese, are joined by nothing:
a file is of these where every word is one character, or half of them have one of theirs. A line
with a tag alone stands for a space. Columns are parted by a tab each, or by blanks and tabs; other
spaces (no-break, ideographic) are a part of their word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import string
from service.ner.types import Label

Line = tuple[str, str]  # a word and its tag; the word of a space is " "

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_BLANKS = " \t"
_BEGIN, _INSIDE, _END, _ALONE = "B", "IM", "EL", "SU"
_DOCUMENT = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class Columns:
    """How a whole file is written: what stands between words, and whether I- begins an entity."""

    between: str
    iob1: bool

    @property
    def told(self) -> str:
        """In words."""
        joined = "words, joined by a blank" if self.between else "characters, joined by nothing"
        return joined + ("; tags as IOB1 has them" if self.iob1 else "")


def cells(block: Sequence[str]) -> list[Line]:
    """The words and tags of a text; raises BadRow with the line."""
    found = []
    for number, line in enumerate(block):
        bare = line.strip(_BLANKS)
        parts = line.split("\t") if "\t" in bare else re.split(f"[{_BLANKS}]+", bare)
        if line[0] in _BLANKS and len(parts) == 1:
            found.append((" ", parts[0]))
            continue
        if not 2 <= len(parts) <= 4:
            raise BadRow(
                f"{len(parts)} columns; expected 2 to 4: the word first, its tag last", number
            )
        try:
            found.append(
                (string(parts[0], "the word") or " ", string(parts[-1].strip(), "the tag"))
            )
        except BadRow as exc:
            raise BadRow(str(exc), number) from exc
    return found


def is_heading(block: Sequence[str]) -> bool:
    """CoNLL-2003's mark between documents is no text."""
    return all(line.startswith(_DOCUMENT) for line in block)


def columns_of(texts: Sequence[Sequence[Line]]) -> Columns:
    """How the file of these texts is written."""
    words = [word for lines in texts for word, _ in lines if word != " "]
    together = all(len(word) == 1 for word in words) or 2 * sum(
        bool(_CJK.search(word)) for word in words
    ) >= len(words)
    return Columns("" if together else " ", _is_iob1(texts))


def read(lines: Sequence[Line], how: Columns, labels: Sequence[Label]) -> Example:
    """Raises BadRow with the line."""
    text = ""
    spans: list[tuple[str, int, int]] = []
    is_open = False
    for number, (word, tag) in enumerate(lines):
        if text and word != " " and not text.endswith(" "):
            text += how.between
        mark, _, label = tag.partition("-")
        start, end = len(text), len(text) + len(word)
        goes_on = is_open and spans[-1][0] == label
        if tag != "O" and (not label or mark not in {*_BEGIN, *_INSIDE, *_END, *_ALONE}):
            raise BadRow(
                f"tag {tag!r}; expected O, or B-, I-, M-, E-, L-, S- or U- and a label", number
            )
        if tag != "O":
            begins = mark in (_BEGIN, *_ALONE) or (how.iob1 and not goes_on)
            if not begins and not goes_on:
                raise BadRow(f"tag {tag!r} goes on with an entity that was not begun", number)
            spans.append((label, start, end) if begins else (label, spans.pop()[1], end))
        is_open = mark in (_BEGIN, *_INSIDE)
        text += word
    return Example(text, tuple(entity(text, labels, *span) for span in spans))


def _is_iob1(texts: Sequence[Sequence[Line]]) -> bool:
    """An I- begins an entity somewhere, and every B- stands behind one of its label."""
    begun_by_inside = False
    for lines in texts:
        before = ""
        for _, tag in lines:
            mark, _, label = tag.partition("-")
            if mark not in ("B", "I", "O") or (mark == "B" and before != label):
                return False
            begun_by_inside |= mark == "I" and before != label
            before = label
    return begun_by_inside
