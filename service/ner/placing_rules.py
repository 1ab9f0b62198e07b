"""How mentions take their places, by rule: every occurrence, as read, in order; see ``align``."""

from collections.abc import Collection, Mapping

from service.ner.placing import Placing, TooManyEntities
from service.ner.spans import Span
from service.ner.types import Entity, Mention, Occurrences, Overlaps


class _Every(Placing):
    """Every occurrence, longest first: all wait for the end, since a longer one may follow."""

    def __init__(
        self, text: str, overlaps: Overlaps = "longest", titles: Collection[str] = ()
    ) -> None:
        super().__init__(text, overlaps, titles)
        self.unique: dict[Mention, float | None] = {}
        self.placed: set[Mention] = set()

    def place(self, mention: Mention, score: float | None) -> Entity | None:
        self.unique.setdefault(mention, score)
        return None

    def rest(self) -> dict[Mention, float | None]:
        lost: set[Mention] = set()
        for mention in sorted(self.unique, key=lambda m: len(m.surface), reverse=True):
            spans = self.spans(mention)
            free = [span for span in spans if self.is_free(mention, span)]
            is_lost = not free and mention not in self.placed
            if is_lost and self.may_overlap:
                free = spans
            if self.may_overlap and len(self.entities) + len(free) > self.most:
                raise TooManyEntities(self.most)
            for span in free:
                self.take(mention, span, self.unique[mention])
            if is_lost and not free:
                lost.add(mention)
        return {mention: score for mention, score in self.unique.items() if mention in lost}


class _AsRead(_Every):
    """The place where a mention is read is its own at once; its other occurrences wait."""

    def __init__(
        self, text: str, overlaps: Overlaps = "longest", titles: Collection[str] = ()
    ) -> None:
        super().__init__(text, overlaps, titles)
        self.read = 0  # the text up to here

    def place(self, mention: Mention, score: float | None) -> Entity | None:
        if mention in self.unique:
            return None
        super().place(mention, score)
        spans = self.spans(mention)
        span = next((s for s in spans if s[0] >= self.read and self.is_free(mention, s)), None)
        if span is None:
            return None
        self.read = span[0] if self.may_overlap else span[1]
        self.placed.add(mention)
        return self.take(mention, span, score)


class _InOrder(Placing):
    """The n-th mention has the n-th occurrence that it may have, at once."""

    def __init__(
        self, text: str, overlaps: Overlaps = "longest", titles: Collection[str] = ()
    ) -> None:
        super().__init__(text, overlaps, titles)
        self.left: dict[Mention, list[Span]] = {}
        self.placed: set[Mention] = set()
        self.lost: dict[Mention, float | None] = {}

    def place(self, mention: Mention, score: float | None) -> Entity | None:
        # Mentions of one surface share its occurrences, unless each label may have them all.
        sharing = mention if self.may_overlap else Mention("", mention.surface)
        if sharing not in self.left:
            self.left[sharing] = self.spans(mention)[::-1]
        spans = self.left[sharing]
        while spans:
            span = spans.pop()
            if self.may_overlap or self.is_free(mention, span):
                self.placed.add(mention)
                return self.take(mention, span, score)
        if mention not in self.placed:
            self.lost.setdefault(mention, score)
        return None

    def rest(self) -> dict[Mention, float | None]:
        return self.lost


_PLACINGS: Mapping[Occurrences, type[Placing]] = {
    "all": _Every,
    "as_read": _AsRead,
    "in_order": _InOrder,
}


def placing_of(occurrences: Occurrences) -> type[Placing]:
    """How that rule places mentions."""
    return _PLACINGS[occurrences]
