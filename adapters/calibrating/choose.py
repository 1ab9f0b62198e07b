"""Which bias and which threshold find most: chosen on rows, and judged on those left out.

A choice among so many looks better on its own rows than it is. So each fold's is made on the other
folds, and what it gives on its own, beside answers as they are, is what the choice is worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.calibrating.calibrate import Fit, out_of_fold
from adapters.calibrating.sentences import FOLDS, Sentence
from adapters.measuring.score import Counts, Difference, paired

# Thresholds that are tried. Finer ones only fit the rows better.
THRESHOLDS = tuple(step / 50 for step in range(36))

Rows = Sequence[Counts]


@dataclass(frozen=True, slots=True)
class Choice:
    """The best pair on all rows; and what such a choice gains on rows that it was not made on, over
    answers without bias and threshold."""

    end_bias: float
    min_score: float
    gain: Difference

    @property
    def pays(self) -> bool:
        """Is something gained where it was not chosen?"""
        return self.gain.f1 > 0 and bool(self.end_bias or self.min_score)


def choose(observed: Mapping[float, Sequence[Sentence]], fit: Fit) -> Choice:
    """``observed``: end bias → the sentences as answered with it, the same ones each, 0 among
    them. Scores are calibrated out of fold."""
    counted = {
        (bias, least): rows
        for bias, sentences in observed.items()
        for least, rows in _by_threshold(sentences, fit).items()
    }
    plain = counted[0.0, 0.0]
    judged = list(plain)
    by_fold = {
        pair: [sum(rows[fold::FOLDS], Counts()) for fold in range(FOLDS)]
        for pair, rows in counted.items()
    }
    for fold in range(FOLDS):
        others = [other for other in range(FOLDS) if other != fold]
        judged[fold::FOLDS] = counted[_best(by_fold, others)][fold::FOLDS]
    bias, least = _best(by_fold, range(FOLDS))
    return Choice(bias, least, paired(plain, judged))


def _by_threshold(sentences: Sequence[Sentence], fit: Fit) -> dict[float, Rows]:
    """What is counted in each sentence at each threshold."""
    scores = iter(out_of_fold(sentences, fit))
    scored = [[(next(scores), right) for _, right in one.found] for one in sentences]
    return {
        least: [
            _counts(one.gold, [right for score, right in found if not least or score >= least])
            for one, found in zip(sentences, scored, strict=True)
        ]
        for least in THRESHOLDS
    }


def _counts(gold: int, kept: Sequence[bool]) -> Counts:
    return Counts(sum(kept), len(kept), gold)


def _best(by_fold: Mapping[tuple[float, float], Rows], folds: Sequence[int]) -> tuple[float, float]:
    """The pair with the best micro F1 in these folds; of equal ones that which changes least."""

    def worth(pair: tuple[float, float]) -> tuple[float, float, float]:
        f1 = sum((by_fold[pair][fold] for fold in folds), Counts()).f1
        return f1, -abs(pair[0]), -pair[1]

    return max(by_fold, key=worth)
