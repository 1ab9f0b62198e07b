"""How sure the model was of what it wrote: from the tokens of a completion to raw scores.

A raw score is the joint probability, from 0 to 1, of the tokens that wrote a mention: from its
label through what ends its surface, since that decides the right edge; of tokens that straddle a
border, all. It is a probability among what the grammar allows: vLLM 0.32 masks first and takes its
``raw_logprobs`` (its default, raw as to temperature and penalties) after that. So a token that the
grammar leaves no choice about has 1, and raw scores under different constraints are different
things. Nor are they confidences yet: see ``service.calibration``, which has one for each.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from service.ner.layout import Place, lay_out


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a completion as the engine tells it; ``logprob`` is a natural logarithm."""

    text: str
    logprob: float


def raw_scores(
    completion: str, tokens: Sequence[Token], places: Sequence[Place]
) -> list[float] | None:
    """The raw score of each of ``places``, half-open ranges of ``completion`` in code points.

    A place that ends where the completion does is ended by the token that ended it, too. None when
    the tokens do not make up the completion: a score is never invented.
    """
    laid = lay_out(completion, [token.text for token in tokens])
    if laid is None:
        return None
    starts, ends = [start for start, _ in laid], [end for _, end in laid]
    sums = list(accumulate((min(token.logprob, 0.0) for token in tokens), initial=0.0))
    scores = []
    for start, end in places:
        behind = end + 1 if end == len(completion) else end
        first, last = bisect_right(ends, start), bisect_left(starts, behind)
        scores.append(math.exp(min(sums[last] - sums[first], 0.0)))
    return scores
