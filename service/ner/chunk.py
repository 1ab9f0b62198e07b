"""Cut a long text into pieces. Offsets and lengths are in code points.

A piece ends behind the last paragraph that it can hold, else behind the last sentence, else clause,
else white space, else anywhere; never inside a grapheme cluster, a number or a word of a
script whose words stand apart, unless that alone is longer than a piece may be.

No entity goes on behind a paragraph or a mark that only ends sentences. Other marks are in names,
too (J. R. R. Tolkien, Yahoo! Japan, 《你好，李焕英》), and a run of words or of characters may be
one: there both pieces show what stands on the other side, ``overlap`` characters of it. Each piece
answers for the entities that begin between its own cuts, so each entity is found in one piece,
whole if it is no longer than what is shown.

Clusters are those of UAX 29 as far as the standard library knows them: marks, joiners, emoji
modifiers and tags stay with what stands before them, what follows a zero-width joiner too; CR with
LF, flags in pairs, Hangul jamo in syllables. Two rules are left out: signs that belong to what
follows them (Arabic number signs), and Indic conjuncts, which may be cut behind a virama.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from service.ner.fold.scripts import MARKS, WORD

# How good a cut is: the pieces in front of it end with …
_IN_CLUSTER, _IN_RUN, _ANYWHERE, _SPACE, _CLAUSE, _SENTENCE, _PARAGRAPH = range(7)

_BREAK = r"(?:\r\n|[\n\r\u2028\u2029])"
_CLOSED = "[”’」』）》】〉\"')\\]}]*+[ \t　]*+"
_SMALL = "[^\\W\\d_A-ZÀ-ÖØ-ÞΑ-ΩА-Я]"
_ENDS = {
    _SPACE: re.compile(r"\s+"),
    # ASCII's stand inside of addresses and numbers unless something else follows.
    _CLAUSE: re.compile(rf"(?:[，、：،—]|(?<![.,:;!?])[.,:;!?]++(?=\s|\Z|[^\0-\x7f]))++{_CLOSED}"),
    # A full stop ends an abbreviation (J., Dr., Corp.) unless four small letters stand before it.
    _SENTENCE: re.compile(
        rf"(?:[。！？…；।؟۔]|(?<=[^\0-\x7f])[!?;]|(?<={_SMALL}{{4}})\.(?=\s|\Z))++{_CLOSED}"
    ),
    _PARAGRAPH: re.compile(rf"{_BREAK}(?:[ \t　]*+{_BREAK})*+"),
}

_TITLE = re.compile(r"《[^《》\n]{1,64}》|〈[^〈〉\n]{1,64}〉")
_NO_BETTER = bytes(min(kind, _ANYWHERE) for kind in range(256))

# Words and numbers, also "3D", "1,000.5" and "2024-05-01"; marks that follow a letter included.
_IN_WORD = f"[{WORD}{MARKS}]*+"
_RUN = re.compile(f"[{WORD}]{_IN_WORD}(?:[.,:/\\-][0-9０-９]{_IN_WORD})*+")

# A cluster goes on behind the first character of each match …
_PAIR = re.compile(
    "\r(?=\n)|\u200d(?=.)|[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u1100-\u115f\ua960-\ua97c](?=[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3])",
    re.DOTALL,
)
# … and before these, if they are marks or of the others below. Left out: what most text is made of.
_MAY_EXTEND = re.compile("[^\0-\u02ff\u2010-\u2fff\u3040-\u3098\u30a0-\u9fff\uac00-\ud7a3]")
_EXTENDS = re.compile(
    "[\u200c\u200d\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text, and where it starts; it answers for what begins in ``[start, end)`` of the
    text, which is the piece itself but for what it overlaps."""

    offset: int
    text: str
    start: int
    end: int

    @classmethod
    def whole(cls, text: str) -> "Chunk":
        """The one piece of a short text."""
        return cls(0, text, 0, len(text))


def chunks(text: str, max_chars: int, overlap: int = 0) -> list[Chunk]:
    """The pieces of ``text``, up to ``max_chars`` long; their own parts together are the text.

    Linear time. An ``overlap`` above a quarter of ``max_chars`` is taken to be that. Raises
    ValueError if ``max_chars`` is below 1.
    """
    if max_chars < 1:
        raise ValueError(f"max_chars has {max_chars}; expected 1 or more")
    if len(text) <= max_chars:
        return [Chunk.whole(text)] if text else []
    overlap = min(overlap, max_chars // 4)
    cuts, found, start, before = _cuts(text), [], 0, 0
    while len(text) - before > max_chars:
        end = _last_best(cuts, start + 1, before + max_chars)
        shown = overlap if cuts[end] < _SENTENCE else 0
        if shown:
            end = _last_best(cuts, start + 1, before + max_chars - shown)
        after = _first_fit(cuts, range(end + shown, end, -1))
        found.append(Chunk(before, text[before:after], start, end))
        start, before = end, _first_fit(cuts, range(max(end - shown, 0), end))
    return [*found, Chunk(before, text[before:], start, len(text))]


def _last_best(cuts: bytearray, first: int, last: int) -> int:
    """The last of the best places to cut, from ``first`` to ``last``."""
    reach = cuts[first : last + 1]
    return first + reach.rindex(max(reach))


def _first_fit(cuts: bytearray, places: range) -> int:
    """The first of ``places`` that splits neither cluster nor run, else the first of all."""
    return next((place for place in places if cuts[place] >= _ANYWHERE), places.start)


def _cuts(text: str) -> bytearray:
    """How good a cut is before each character; the end of the text has one too."""
    cuts = bytearray([_ANYWHERE]) * (len(text) + 1)
    for kind, pattern in _ENDS.items():  # from bad to good
        for match in pattern.finditer(text):
            cuts[match.end()] = kind
    for match in _TITLE.finditer(text):
        inner = slice(match.start() + 1, match.end())
        cuts[inner] = cuts[inner].translate(_NO_BETTER)
    for match in _RUN.finditer(text):
        inside = match.end() - match.start() - 1
        cuts[match.start() + 1 : match.end()] = bytes([_IN_RUN]) * inside
    for place in _inside_clusters(text):
        cuts[place] = _IN_CLUSTER
    return cuts


def _inside_clusters(text: str) -> Iterator[int]:
    for match in _PAIR.finditer(text):
        yield match.start() + 1
    for match in _MAY_EXTEND.finditer(text):
        character = match.group()
        if unicodedata.category(character).startswith("M") or _EXTENDS.match(character):
            yield match.start()
