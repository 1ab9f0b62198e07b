"""What has to be masked so that nothing of an entity is left to read.

More than the entities' own places: a name that the model found in one chunk and not in another, and
the tail of a mention that lost its place to another entity. So every occurrence of a surface counts
that was found or lost anywhere in the text, as whole words; what overlaps is one place.
"""

from collections.abc import Iterable, Iterator, Sequence

from service.ner.fold.edits import Edit, Edits
from service.ner.spans import in_words
from service.ner.surfaces import Surfaces
from service.ner.types import Dropped, Entity

# A single character is a part of too much else to be sought where the model did not find it.
_SHORTEST = 2


def places(
    text: str, entities: Sequence[Entity], dropped: Sequence[Dropped], *, any_case: bool = False
) -> list[Entity]:
    """What to mask in ``text``: sorted, without overlaps; linear time. One place that is made of
    several has the longest one's label.

    ``any_case``: a surface in other letters, capital or small, is the same.
    """
    lost = [(one.label, one.text) for one in dropped if one.label and one.reason == "overlap"]
    read, edits = (in_one_case(text), Edits(_longer(text))) if any_case else (text, Edits(()))
    labels: dict[str, str] = {}
    for label, surface in [*((e.label, text[e.start : e.end]) for e in entities), *lost]:
        if len(surface) >= _SHORTEST:
            labels.setdefault(in_one_case(surface) if any_case else surface, label)
    again = [
        Entity(one.label, *edits.before(one.start, one.end))
        for one in Surfaces(labels, in_words).places(read)
    ]
    return list(united([*entities, *again, *_inside_words(text, lost)]))


def in_one_case(text: str) -> str:
    """``text`` in small letters: those of ``WEISS`` and ``Weiß`` are the same, and so are those of
    ``İzmir`` and ``izmir``, whose dot is an accent to Unicode."""
    return text.translate({ord(one): _small(one) for one in set(text)})


def _small(character: str) -> str:
    return "i" if character == "İ" else character.casefold()


def _longer(text: str) -> list[Edit]:
    """Where a character of ``text`` is several small letters."""
    longer = {one: small for one in set(text) if len(small := _small(one)) > 1}
    return [(at, at + 1, longer[one]) for at, one in enumerate(text) if one in longer]


def _inside_words(text: str, lost: Iterable[tuple[str, str]]) -> Iterator[Entity]:
    """Where lost mentions stand that are nowhere a whole word."""
    labels: dict[str, str] = {}
    for label, surface in lost:
        labels.setdefault(surface, label)
    words = Surfaces(labels, in_words).standing(text)
    inside = {surface: label for surface, label in labels.items() if surface not in words}
    return Surfaces(inside, list).places(text)


def united(found: Sequence[Entity]) -> Iterator[Entity]:
    """What overlaps, as one."""
    group: list[Entity] = []
    end = 0
    for entity in sorted(found, key=lambda e: (e.start, -e.end)):
        if group and entity.start >= end:
            yield _as_one(group, end)
            group = []
        group.append(entity)
        end = max(end, entity.end)
    if group:
        yield _as_one(group, end)


def _as_one(group: Sequence[Entity], end: int) -> Entity:
    longest = max(group, key=lambda e: e.end - e.start)
    return Entity(longest.label, group[0].start, end)
