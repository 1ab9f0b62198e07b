"""Calibration: how often are entities with such a raw score right? Fitted and measured here.

What is said of the calibrated scores was measured out of fold: each sentence's by a calibration
that was fitted without it. Only ``beta_fit.py`` needs more than the standard library.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from adapters.calibrating.sentences import FOLDS, Sentence
from service.models.calibration import Parameters, beta

BINS = 10

Fit = Callable[[Sequence[float], Sequence[bool]], Parameters]


@dataclass(frozen=True, slots=True)
class Bin:
    """Entities with neighbouring scores: their mean score, the share that is right, how many."""

    score: float
    right: float
    entities: int


@dataclass(frozen=True, slots=True)
class Point:
    """What is left of the entities whose score is ``min_score`` or more."""

    min_score: float
    precision: float
    recall: float
    f1: float


def calibrate(sentences: Sequence[Sentence], fit: Fit) -> dict[str, Any]:
    """The parameters, fitted on everything, and what was measured, ready for JSON."""
    raw = [score for one in sentences for score, _ in one.found]
    right = [was for one in sentences for _, was in one.found]
    scores = out_of_fold(sentences, fit)
    gold = sum(one.gold for one in sentences)
    points = curve(scores, right, gold)
    best = max(points, key=lambda point: point.f1)
    before, after = bins(raw, right), bins(scores, right)
    return {
        "parameters": [round(value, 6) for value in fit(raw, right)],
        "sentences": len(sentences),
        "entities": len(raw),
        "ece_before": round(error(before), 5),
        "ece_after": round(error(after), 5),
        "min_score": best.min_score,
        "f1": round(best.f1, 5),
        "f1_before": round(points[0].f1, 5),
        "reliability": {"raw": _rows(before), "calibrated": _rows(after)},
        "curve": _rows(points),
    }


def out_of_fold(sentences: Sequence[Sentence], fit: Fit) -> list[float]:
    """Calibrated scores in order; every ``FOLDS``-th sentence makes a fold."""
    parameters = []
    for fold in range(FOLDS):
        others = [one for place, one in enumerate(sentences) if place % FOLDS != fold]
        pairs = [pair for one in others for pair in one.found]
        parameters.append(fit([score for score, _ in pairs], [right for _, right in pairs]))
    return [
        beta(parameters[place % FOLDS], score)
        for place, one in enumerate(sentences)
        for score, _ in one.found
    ]


def bins(scores: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """``BINS`` of the same size, but for one entity, in order of the scores."""
    # By score alone: among equal ones, what is right must not come last.
    pairs = sorted(zip(scores, right, strict=True), key=lambda pair: pair[0])
    edges = [len(pairs) * number // BINS for number in range(BINS + 1)]
    parts = (pairs[start:end] for start, end in pairwise(edges))
    return [
        Bin(
            sum(score for score, _ in part) / len(part),
            sum(was for _, was in part) / len(part),
            len(part),
        )
        for part in parts
        if part
    ]


def error(found: Sequence[Bin]) -> float:
    """The expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean distance, over
    entities, between what the scores of a bin say and how many are right."""
    entities = sum(one.entities for one in found)
    return sum(one.entities * abs(one.score - one.right) for one in found) / max(entities, 1)


def curve(scores: Sequence[float], right: Sequence[bool], gold: int) -> list[Point]:
    """Micro precision, recall and F1 on spans for each ``min_score`` that changes them, from 0."""
    pairs = sorted(zip(scores, right, strict=True))
    kept, good, last = len(pairs), sum(right), -1.0
    points = [_point(0.0, good, kept, gold)]
    for score, was in pairs:
        # Rounded down, so that the entity with this score is kept.
        least = math.floor(score * 10_000) / 10_000
        if least > max(last, 0.0):
            points.append(_point(least, good, kept, gold))
            last = least
        kept, good = kept - 1, good - was
    return points


def _point(least: float, good: int, kept: int, gold: int) -> Point:
    total = kept + gold
    return Point(
        min_score=least,
        precision=good / kept if kept else 0.0,
        recall=good / gold if gold else 0.0,
        f1=2 * good / total if total else 0.0,
    )


def _rows(items: Sequence[Bin] | Sequence[Point]) -> list[Mapping[str, float]]:
    return [
        {name: round(getattr(item, name), 5) for name in item.__dataclass_fields__}
        for item in items
    ]
