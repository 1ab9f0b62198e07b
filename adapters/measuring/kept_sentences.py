"""What a report keeps: the figures of a metric, and a row a sentence without its text."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from adapters.data.examples import Example
from adapters.measuring.intervals import label_intervals
from adapters.measuring.score import Counts, Metric, by_sentence, score
from service.ner.types import Entity


def figures(
    gold: Sequence[Example], predicted: Sequence[Example], metric: Metric
) -> dict[str, Any]:
    """A row a label, micro and macro ones, and the 95 % intervals of F1."""
    scores, intervals = score(gold, predicted, metric), label_intervals(gold, predicted, metric)
    return {
        "labels": {
            name: {**_row(counts), "interval": _rounded(intervals[name])}
            for name, counts in scores.labels.items()
        },
        "micro": _row(scores.micro),
        "macro": {
            "precision": round(scores.macro_precision, 5),
            "recall": round(scores.macro_recall, 5),
            "f1": round(scores.macro_f1, 5),
            "support": scores.micro.gold,
        },
        "interval": _rounded(scores.interval),
    }


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 5) for value in values]


def _row(counts: Counts) -> dict[str, float]:
    return {
        "precision": round(counts.precision, 5),
        "recall": round(counts.recall, 5),
        "f1": round(counts.f1, 5),
        "support": counts.gold,
    }


def rows(gold: Sequence[Example], predicted: Sequence[Example]) -> list[dict[str, Any]]:
    """A row a sentence; ``counts`` are right, predicted and gold, by metric."""
    metrics: tuple[Metric, ...] = ("text", "span")
    counts = {metric: by_sentence(gold, predicted, metric) for metric in metrics}
    return [
        {
            "text": digest(have.text),
            "entities": [_entity(entity) for entity in have.entities],
            "right": [entity in want.entities for entity in have.entities],
            "counts": {metric: astuple(counts[metric][place]) for metric in metrics},
        }
        for place, (want, have) in enumerate(zip(gold, predicted, strict=True))
    ]


def _entity(entity: Entity) -> list[str | int | float]:
    place: list[str | int | float] = [entity.label, entity.start, entity.end]
    return place if entity.score is None else [*place, entity.score]


def digest(text: str) -> str:
    """What stands for a sentence: enough to see whether two are the same, not to read it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
