"""From mentions to entities: where in the text each mention stands.

Offsets are half-open, in code points of the text as given. Nothing is matched fuzzily: a surface
that does not stand in the text is dropped, and every mention that yields no entity is reported.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.ner.types import Dropped, Entity, Mention, Occurrences

# Latin letters (Basic Latin to Extended-B, without the signs × and ÷) and ASCII digits.
_IN_A_WORD = re.compile("[0-9A-Za-zÀ-ÖØ-öø-ɏ]")

Span = tuple[int, int]
Scores = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Aligned:
    """Entities sorted by start, none overlapping another; and the mentions that yielded none."""

    entities: tuple[Entity, ...]
    dropped: tuple[Dropped, ...]


def align(
    text: str,
    mentions: Sequence[Mention],
    occurrences: Occurrences = "all",
    scores: Scores | None = None,
) -> Aligned:
    """Locate ``mentions`` in ``text``. ``scores`` are theirs, one each, and become the entities'.

    ``all``: a mention yields every occurrence of its surface; longer surfaces choose first.
    ``in_order``: the n-th mention of a surface takes its n-th occurrence.
    A repeated mention is merged, and the higher score kept. One that finds all its places taken is
    dropped as ``overlap``.
    """
    place = _every if occurrences == "all" else _nth
    # White space around a surface is the model's, not the entity's.
    bare = [Mention(m.label, m.surface.strip()) for m in mentions]
    entities, dropped = place(text, bare, [None] * len(bare) if scores is None else scores)
    return Aligned(tuple(sorted(entities, key=lambda e: (e.start, e.end))), tuple(dropped))


def _every(
    text: str, mentions: Sequence[Mention], scores: Scores
) -> tuple[list[Entity], list[Dropped]]:
    entities: list[Entity] = []
    reasons: dict[Mention, Dropped] = {}
    taken = bytearray(len(text))
    unique: dict[Mention, float | None] = {}
    for mention, score in zip(mentions, scores, strict=True):
        unique[mention] = _higher(unique.get(mention), score)
    for mention in sorted(unique, key=lambda m: len(m.surface), reverse=True):
        spans = _spans(text, mention.surface)
        free = [span for span in spans if taken.find(1, *span) < 0]
        for start, end in free:
            taken[start:end] = b"\1" * (end - start)
            entities.append(Entity(mention.label, start, end, unique[mention]))
        if not free:
            reasons[mention] = _dropped(mention, spans)
    return entities, [reasons[mention] for mention in unique if mention in reasons]


def _nth(
    text: str, mentions: Sequence[Mention], scores: Scores
) -> tuple[list[Entity], list[Dropped]]:
    entities: list[Entity] = []
    dropped: list[Dropped] = []
    taken = bytearray(len(text))
    left: dict[str, list[Span]] = {}
    placed: dict[Mention, int | None] = {}  # which entity was its last, if it had any
    for mention, score in zip(mentions, scores, strict=True):
        if mention.surface not in left:
            left[mention.surface] = _spans(text, mention.surface)[::-1]
        spans = left[mention.surface]
        span = spans.pop() if spans else None
        if span is not None and taken.find(1, *span) < 0:
            taken[slice(*span)] = b"\1" * (span[1] - span[0])
            placed[mention] = len(entities)
            entities.append(Entity(mention.label, *span, score))
        elif mention not in placed:
            dropped.append(_dropped(mention, _spans(text, mention.surface)))
            placed[mention] = None
        elif (last := placed[mention]) is not None:
            merged = entities[last]
            entities[last] = replace(merged, score=_higher(merged.score, score))
    return entities, dropped


def _higher(one: float | None, other: float | None) -> float | None:
    return max((score for score in (one, other) if score is not None), default=None)


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
