"""From mentions to entities: where in the text each mention stands.

Offsets are half-open, in code points of the text as given. Nothing is matched fuzzily: a surface
that does not stand in the text is dropped, and every mention that yields no entity is reported.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.ner.types import Dropped, Entity, Mention, Occurrences

# Latin letters (Basic Latin to Extended-B, without the signs × and ÷) and ASCII digits.
_IN_A_WORD = re.compile("[0-9A-Za-zÀ-ÖØ-öø-ɏ]")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Entities sorted by start, none overlapping another; and the mentions that yielded none."""

    entities: tuple[Entity, ...]
    dropped: tuple[Dropped, ...]


def align(text: str, mentions: Sequence[Mention], occurrences: Occurrences = "all") -> Aligned:
    """Locate ``mentions`` in ``text``.

    ``all``: a mention yields every occurrence of its surface; longer surfaces choose first.
    ``in_order``: the n-th mention of a surface takes its n-th occurrence.
    A repeated mention is merged. One that finds all its places taken is dropped as ``overlap``.
    """
    place = _every if occurrences == "all" else _nth
    # White space around a surface is the model's, not the entity's.
    entities, dropped = place(text, [Mention(m.label, m.surface.strip()) for m in mentions])
    return Aligned(tuple(sorted(entities, key=lambda e: (e.start, e.end))), tuple(dropped))


def _every(text: str, mentions: Sequence[Mention]) -> tuple[list[Entity], list[Dropped]]:
    entities: list[Entity] = []
    reasons: dict[Mention, Dropped] = {}
    taken = bytearray(len(text))
    unique = list(dict.fromkeys(mentions))
    for mention in sorted(unique, key=lambda m: len(m.surface), reverse=True):
        spans = _spans(text, mention.surface)
        free = [span for span in spans if taken.find(1, *span) < 0]
        for start, end in free:
            taken[start:end] = b"\1" * (end - start)
            entities.append(Entity(mention.label, start, end))
        if not free:
            reasons[mention] = _dropped(mention, spans)
    return entities, [reasons[mention] for mention in unique if mention in reasons]


def _nth(text: str, mentions: Sequence[Mention]) -> tuple[list[Entity], list[Dropped]]:
    entities: list[Entity] = []
    dropped: list[Dropped] = []
    taken = bytearray(len(text))
    left: dict[str, list[Span]] = {}
    placed: set[Mention] = set()
    for mention in mentions:
        if mention.surface not in left:
            left[mention.surface] = _spans(text, mention.surface)[::-1]
        spans = left[mention.surface]
        span = spans.pop() if spans else None
        if span is not None and taken.find(1, *span) < 0:
            taken[slice(*span)] = b"\1" * (span[1] - span[0])
            entities.append(Entity(mention.label, *span))
            placed.add(mention)
        elif mention not in placed:
            dropped.append(_dropped(mention, _spans(text, mention.surface)))
            placed.add(mention)
    return entities, dropped


def _dropped(mention: Mention, spans: Sequence[Span]) -> Dropped:
    if spans:
        return Dropped(mention.label, mention.surface, "overlap")
    if not mention.surface:
        return Dropped(mention.label, mention.surface, "malformed")
    return Dropped(mention.label, mention.surface, "not_in_text")


def _spans(text: str, surface: str) -> list[Span]:
    """The occurrences of ``surface``.

    One that splits a run of Latin letters or digits ("IT" in "WITH") counts only if all of them do.
    """
    if not surface:
        return []
    found = list(_found(text, surface))
    return [span for span in found if not _splits_a_word(text, span)] or found


def _found(text: str, surface: str) -> Iterator[Span]:
    start = text.find(surface)
    while start >= 0:
        end = start + len(surface)
        yield start, end
        start = text.find(surface, end)


def _splits_a_word(text: str, span: Span) -> bool:
    return any(
        0 < edge < len(text) and _IN_A_WORD.match(text[edge - 1]) and _IN_A_WORD.match(text[edge])
        for edge in span
    )
