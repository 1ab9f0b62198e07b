"""Reading a completion while it is being written, and what has been read of it so far."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.ner.types import Decoded, Dropped, Label, Mention


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


class Reader(ABC):
    """Feed it a completion's pieces, then end it: ``reading`` has whatever no later piece can
    change. However the completion is cut, the same is read of it; in linear time. Never raises."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self.labels = labels
        self.reading = Reading()
        self.text = ""  # the completion so far

    def feed(self, piece: str) -> None:
        """The completion goes on."""
        # A local name lets CPython lengthen the string in place; the attribute's would be copied.
        text, self.text = self.text, ""
        text += piece
        self.text = text
        self.read_on()

    @abstractmethod
    def read_on(self) -> None:
        """Read what is certain now; go on where the last call stopped."""

    @abstractmethod
    def end(self, *, complete: bool) -> None:
        """There is no more; ``complete`` is False when the end was cut off."""

    def whole(self, completion: str, *, complete: bool) -> Decoded:
        """Feed it all, and end."""
        self.feed(completion)
        self.end(complete=complete)
        return self.reading.decoded()
