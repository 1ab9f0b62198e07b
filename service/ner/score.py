"""How sure the model was of what it wrote: from the tokens of a completion to raw scores.

A raw score is the joint probability, from 0 to 1, of the tokens that wrote a mention: from its
label through what ends its surface, since that decides the right edge; of tokens that straddle a
border, all. It is a probability among what the grammar allows: vLLM 0.32 masks first and takes its
``raw_logprobs`` (its default, raw as to temperature and penalties) after that. So a token that the
grammar leaves no choice about has 1, and raw scores under different constraints are different
things. Nor are they confidences yet: see ``service.models.calibration``, which has one for each.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.ner.token_spans import Place, TokenSpans


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a completion as the engine tells it; ``logprob`` is a natural logarithm."""

    text: str
    logprob: float


def raw_scores(
    completion: str, tokens: Sequence[Token], places: Sequence[Place]
) -> list[float | None]:
    """The raw score of each of ``places``, half-open ranges of ``completion`` in code points.

    A place that goes on behind the completion was ended by the token that ended it all. None from
    where the tokens do not make up the completion: a score is never invented.
    """
    scores = RawScores()
    scores.add(tokens)
    scores.end(completion)
    return [scores.of(place) for place in places]


class RawScores:
    """Raw scores while the completion is being written: ``add`` tokens as they come, and ``go`` on
    with the text so far; ``end`` when there is no more."""

    def __init__(self) -> None:
        self._spans = TokenSpans()
        self._sums = [0.0]

    def add(self, tokens: Iterable[Token]) -> None:
        """These tokens come next."""
        for token in tokens:
            self._spans.add((token.text,))
            self._sums.append(self._sums[-1] + min(token.logprob, 0.0))

    def go(self, text: str) -> None:
        """``text`` is the completion so far."""
        self._spans.go(text)

    def end(self, completion: str) -> None:
        """``completion`` is all of it."""
        self._spans.end(completion)

    def of(self, place: Place) -> float | None:
        """The raw score of ``place``; None while it is not certain."""
        start, end = place
        if end > self._spans.reach:
            return None
        first, last = bisect_right(self._spans.ends, start), bisect_left(self._spans.starts, end)
        return math.exp(min(self._sums[last] - self._sums[first], 0.0))
