"""What a decoder has read of a completion so far."""

from dataclasses import dataclass, field

from service.ner.types import Decoded, Dropped, Mention


@dataclass(slots=True)
class Reading:
    """Mentions with their places, and what could not be used, in the order of the completion."""

    mentions: list[Mention] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    def add(self, item: Mention | Dropped, start: int, end: int) -> None:
        """``item`` was written in the half-open range ``start`` to ``end``, in code points."""
        if isinstance(item, Dropped):
            self.dropped.append(item)
            return
        self.mentions.append(item)
        self.places.append((start, end))

    def malformed(self, written: str) -> None:
        """``written`` says nothing that can be used."""
        self.dropped.append(Dropped(None, written, "malformed"))

    @property
    def empty(self) -> bool:
        """Nothing was read, neither good nor bad."""
        return not self.mentions and not self.dropped

    def decoded(self) -> Decoded:
        """All of it."""
        return Decoded(tuple(self.mentions), tuple(self.dropped), tuple(self.places))
