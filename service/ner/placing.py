"""Mentions take their places in a text: what all rules of ``placing_rules`` share."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from service.ner.spans import Span, spans_of, with_marks
from service.ner.types import Dropped, Entity, Mention, Overlaps

Keeps = Callable[[float | None], bool]

# Where entities may overlap, a text has up to so many for each of its characters, or so many in
# all. No person names that many; but each of a hundred labels may be said of a surface that stands
# in every place.
_MOST_OF_A_CHARACTER = 8
_MOST_OF_SHORT = 1000


class TooManyEntities(Exception):
    """More than ``most`` in one text."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} entities")
        self.most = most


@dataclass(frozen=True, slots=True)
class Aligned:
    """Entities sorted by start; the mentions that yielded none; and the entities that are none,
    since their scores are too low."""

    entities: tuple[Entity, ...]
    dropped: tuple[Dropped, ...]
    too_low: tuple[Entity, ...] = ()


class Placing(ABC):
    """Places mentions one by one; ``aligned`` when there are no more."""

    def __init__(
        self, text: str, overlaps: Overlaps = "longest", titles: Collection[str] = ()
    ) -> None:
        self.text, self.overlaps, self.titles = text, overlaps, titles
        self.may_overlap = overlaps == "all"
        self.most = max(_MOST_OF_A_CHARACTER * len(text), _MOST_OF_SHORT)
        self.entities: list[Entity] = []
        self._spans: dict[tuple[str, bool], list[Span]] = {}
        # By label where entities of different labels may overlap.
        self.taken: defaultdict[str, bytearray] = defaultdict(lambda: bytearray(len(text)))

    def add(self, mention: Mention, score: float | None = None) -> Entity | None:
        """Its entity, if no later mention can change that."""
        # White space around a surface is the model's, not the entity's.
        return self.place(Mention(mention.label, mention.surface.strip()), score)

    @abstractmethod
    def place(self, mention: Mention, score: float | None) -> Entity | None:
        """As ``add``, of a mention without white space around it."""

    @abstractmethod
    def rest(self) -> dict[Mention, float | None]:
        """Place what waited for the end; the mentions that yielded nothing, with their scores.
        Raises TooManyEntities."""

    def aligned(self, keeps: Keeps | None = None) -> Aligned:
        """Everything; see ``align``. Raises TooManyEntities."""
        lost = self.rest()
        too_low = [one for one in self.entities if keeps and not keeps(one.score)]
        if keeps and too_low:
            lost = self._place_again(lost, keeps)
        dropped = [_dropped(mention, self.spans(mention)) for mention in lost]
        for one in _sorted(too_low):
            dropped.append(Dropped(one.label, self.text[one.start : one.end], "below_min_score"))
        return Aligned(_sorted(self.entities), tuple(dict.fromkeys(dropped)), _sorted(too_low))

    def _place_again(
        self, lost: Mapping[Mention, float | None], keeps: Keeps
    ) -> dict[Mention, float | None]:
        """Give the places of entities that are not kept to those of ``lost`` that are; the rest."""
        again = type(self)(self.text, self.overlaps, self.titles)
        for entity in self.entities:
            if keeps(entity.score):
                again.take(Mention(entity.label, ""), (entity.start, entity.end), entity.score)
        for mention, score in lost.items():
            if keeps(score):
                again.place(mention, score)
        still = again.rest()
        self.entities = again.entities
        return {one: score for one, score in lost.items() if one in still or not keeps(score)}

    def spans(self, mention: Mention) -> list[Span]:
        """Where it stands; a title with the 《》 around it."""
        # Many labels may be said of one surface: it is sought once.
        sought = mention.surface, mention.label in self.titles
        if sought not in self._spans:
            found = spans_of(self.text, mention.surface)
            if sought[1]:
                found = [with_marks(self.text, span) for span in found]
            self._spans[sought] = found
        return self._spans[sought]

    def is_free(self, mention: Mention, span: Span) -> bool:
        """Does no entity that the mention must not overlap have a part of it?"""
        return self._taken_for(mention).find(1, *span) < 0

    def take(self, mention: Mention, span: Span, score: float | None) -> Entity:
        """An entity there."""
        start, end = span
        self._taken_for(mention)[start:end] = b"\1" * (end - start)
        self.entities.append(Entity(mention.label, start, end, score))
        return self.entities[-1]

    def _taken_for(self, mention: Mention) -> bytearray:
        return self.taken[mention.label if self.may_overlap else ""]


def _sorted(entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """By their places; a title may have been read twice, with and without its marks."""
    return tuple(sorted(dict.fromkeys(entities), key=lambda one: (one.start, one.end)))


def _dropped(mention: Mention, spans: Sequence[Span]) -> Dropped:
    if spans:
        return Dropped(mention.label, mention.surface, "overlap")
    if not mention.surface:
        return Dropped(mention.label, mention.surface, "malformed")
    return Dropped(mention.label, mention.surface, "not_in_text")
