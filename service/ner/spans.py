"""Where a surface stands in a text. Offsets are half-open, in code points."""

import re
from collections.abc import Iterator

from service.ner.fold.scripts import MARKS, WORD

_OF_WORDS = f"[{WORD}{MARKS}]"
_IN_A_WORD = re.compile(_OF_WORDS)
_RUN = re.compile(_OF_WORDS + "{2,}")

Span = tuple[int, int]


def spans_of(text: str, surface: str) -> list[Span]:
    """The spans of ``surface`` in ``text``, in order, none overlapping another.

    One that splits a word or a number ("IT" in "WITH") counts only if all of them do.
    """
    if not surface:
        return []
    found = list(_found(text, surface))
    return [span for span in found if not splits_a_word(text, span)] or found


def _found(text: str, surface: str) -> Iterator[Span]:
    start = text.find(surface)
    while start >= 0:
        end = start + len(surface)
        yield start, end
        start = text.find(surface, end)


def splits_a_word(text: str, span: Span) -> bool:
    """Does ``span`` begin or end inside a number or a word, where words stand apart?"""
    return any(
        0 < edge < len(text) and _IN_A_WORD.match(text[edge - 1]) and _IN_A_WORD.match(text[edge])
        for edge in span
    )


def in_words(text: str) -> list[str]:
    """The characters of ``text``, each with a sign for a neighbour in its word. A surface splits no
    word just where its characters so written stand in a text's."""
    written = list(text)
    for run in _RUN.finditer(text):
        start, end = run.span()
        written[start] += ">"
        written[start + 1 : end - 1] = [f"<{one}>" for one in text[start + 1 : end - 1]]
        written[end - 1] = f"<{text[end - 1]}"
    return written


def with_marks(text: str, span: Span) -> Span:
    """``span`` with the 《》 around it, if it stands in them."""
    start, end = span
    in_marks = text[max(0, start - 1) : start] == "《" and text[end : end + 1] == "》"
    return (start - 1, end + 1) if in_marks else span
