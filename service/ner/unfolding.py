"""Entities of a folded text, back in the text as received, where folding made several characters
of one (``ﬁ``, a letter under two marks): what has a part of it there has all of it here."""

from collections.abc import Iterable, Iterator

from service.ner.fold import Folded
from service.ner.types import Dropped, Entity, Overlaps


class Unfolding:
    """Places entities one by one. Of two that are one here the first stays, and of two that have
    come to overlap, unless overlaps are wanted."""

    def __init__(self, folded: Folded, overlaps: Overlaps = "longest") -> None:
        self._folded, self._may_overlap = folded, overlaps == "all"
        self._taken = bytearray(len(folded.received) if folded.steps else 0)
        self._placed: set[Entity] = set()

    def placed(self, entities: Iterable[Entity]) -> Iterator[Entity | Dropped]:
        """Each in the text as received, or why it is not there."""
        return filter(None, map(self._place, entities)) if self._folded.steps else iter(entities)

    def _place(self, found: Entity) -> Entity | Dropped | None:
        entity = self._folded.entity(found)
        if entity in self._placed:
            return None
        if not self._may_overlap and self._taken.find(1, entity.start, entity.end) >= 0:
            surface = self._folded.text[found.start : found.end]
            return Dropped(found.label, surface, "overlap")
        self._placed.add(entity)
        self._taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
        return entity


def unfolded(
    entities: Iterable[Entity], folded: Folded, overlaps: Overlaps = "longest"
) -> tuple[tuple[Entity, ...], tuple[Dropped, ...]]:
    """Those of a whole text: sorted, and what was dropped on the way."""
    placed = list(Unfolding(folded, overlaps).placed(entities))
    found = [one for one in placed if isinstance(one, Entity)]
    found.sort(key=lambda one: (one.start, one.end))
    return tuple(found), tuple(one for one in placed if isinstance(one, Dropped))
