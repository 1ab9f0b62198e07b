"""The entities of a completion that is still being written: those that nothing can change any more.

Which ones there are, the rule of occurrences decides (``service.ner.align``): under ``in_order``
and ``as_read`` a mention has its place when it has ended. Under ``all`` none is certain before the
completion's end, since a longer mention, wherever it comes, takes its place away.
"""

from collections.abc import Sequence
from typing import Protocol

from service.ner.formats.reader import Reader
from service.ner.placing import Placing
from service.ner.score import RawScores, Token
from service.ner.types import Entity


class Scores(Protocol):
    """What becomes of raw scores."""

    def score(self, raw: float | None) -> float | None:
        """The score that a raw one becomes."""

    def is_good(self, score: float | None) -> bool:
        """Is an entity of that score to be in the answer?"""


class Incremental:
    """``feed`` it a completion's pieces and the tokens that they are made of; it gives each entity
    once, and all of them are in the answer that the whole completion yields. In linear time.

    With ``scores``, an entity waits until the engine has told the tokens of its mention.
    """

    def __init__(self, reader: Reader, placing: Placing, scores: Scores | None) -> None:
        self._reader, self._placing, self._scores = reader, placing, scores
        self._raw = RawScores()
        self._placed = 0  # so many of the mentions

    def feed(self, piece: str, tokens: Sequence[Token]) -> list[Entity]:
        """The entities that have become certain."""
        self._reader.feed(piece)
        self._raw.add(tokens)
        if self._scores:
            self._raw.go(self._reader.text)
        found = []
        reading = self._reader.reading
        while self._placed < len(reading.mentions):
            score = None
            if self._scores:
                raw = self._raw.of(reading.places[self._placed])
                if raw is None:
                    break
                score = self._scores.score(raw)
            entity = self._placing.add(reading.mentions[self._placed], score)
            self._placed += 1
            if entity and (not self._scores or self._scores.is_good(score)):
                found.append(entity)
        return found
