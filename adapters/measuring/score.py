"""Scores of entity extraction: two metrics, a table per label, intervals, error classes.

``text``: per sentence the set of (label, surface), the metric of the published CLUENER figures.
``span``: per sentence the set of (label, start, end). Counts are pooled for micro; macro is the
mean over the labels seen in gold or prediction.
"""

import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from adapters.data.examples import Example

Metric = Literal["text", "span"]
Item = tuple[str, str] | tuple[str, int, int]
Items = AbstractSet[Item]
Interval = tuple[float, float]

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items are right, were predicted, are gold; ratios are 0 where undefined."""

    right: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.right + other.right, self.predicted + other.predicted, self.gold + other.gold
        )

    @property
    def precision(self) -> float:
        """Right of the predicted."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Right of the gold."""
        return self.right / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.predicted + self.gold
        return 2 * self.right / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """``labels``: name → counts, sorted by name. ``interval``: of the micro F1, 95 %."""

    labels: Mapping[str, Counts]
    micro: Counts
    macro_precision: float
    macro_recall: float
    macro_f1: float
    interval: Interval


def items(example: Example, metric: Metric) -> Items:
    """What of an example is compared."""
    if metric == "span":
        return {(e.label, e.start, e.end) for e in example.entities}
    return {(mention.label, mention.surface) for mention in example.mentions}


def score(gold: Sequence[Example], predicted: Sequence[Example], metric: Metric) -> Scores:
    """Both sequences in the same order. Raises ValueError when their lengths differ."""
    pairs = _pairs(gold, predicted, metric)
    labels = sorted({item[0] for pair in pairs for side in pair for item in side})
    table = {label: _count(pairs, label) for label in labels}
    seen = max(len(table), 1)
    return Scores(
        labels=table,
        micro=sum(table.values(), Counts()),
        macro_precision=sum(counts.precision for counts in table.values()) / seen,
        macro_recall=sum(counts.recall for counts in table.values()) / seen,
        macro_f1=sum(counts.f1 for counts in table.values()) / seen,
        interval=_interval([_counts(*pair) for pair in pairs]),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """New minus old micro F1, and its 95 % interval."""

    f1: float
    interval: Interval


def compare(
    gold: Sequence[Example], old: Sequence[Example], new: Sequence[Example], metric: Metric
) -> Difference:
    """The paired bootstrap: both systems are scored on the same resampled sentences.

    Koehn 2004, Statistical Significance Tests for Machine Translation Evaluation.
    """
    return paired(by_sentence(gold, old, metric), by_sentence(gold, new, metric))


def paired(old: Sequence[Counts], new: Sequence[Counts]) -> Difference:
    """As ``compare``, from the counts of each sentence, in the same order."""
    drawn = [_f1(new, sample) - _f1(old, sample) for sample in samples(len(old))]
    everything = range(len(old))
    return Difference(_f1(new, everything) - _f1(old, everything), middle(drawn))


def by_sentence(
    gold: Sequence[Example], predicted: Sequence[Example], metric: Metric
) -> list[Counts]:
    """The counts of each sentence. Raises ValueError when the lengths differ."""
    return [_counts(*pair) for pair in _pairs(gold, predicted, metric)]


def errors(gold: Sequence[Example], predicted: Sequence[Example]) -> dict[str, int]:
    """Every wrong span in one class, by what it most likely is.

    ``label``: right span, wrong label. ``boundary``: overlaps an entity of its label.
    ``both``: overlaps an entity of another label. ``spurious``: touches none. ``missed``: gold
    that no wrong prediction was matched with.
    """
    found = dict.fromkeys(("boundary", "label", "both", "spurious", "missed"), 0)
    for want, have in zip(gold, predicted, strict=True):
        left = [e for e in want.entities if e not in set(have.entities)]
        for entity in have.entities:
            if entity in want.entities:
                continue
            touched = [g for g in left if g.start < entity.end and entity.start < g.end]
            same_span = [g for g in touched if (g.start, g.end) == (entity.start, entity.end)]
            same_label = [g for g in touched if g.label == entity.label]
            if touched:
                left.remove((same_span or same_label or touched)[0])
            found[
                "label"
                if same_span
                else "boundary"
                if same_label
                else "both"
                if touched
                else "spurious"
            ] += 1
        found["missed"] += len(left)
    return found


def _pairs(
    gold: Sequence[Example], predicted: Sequence[Example], metric: Metric
) -> list[tuple[Items, Items]]:
    both = zip(gold, predicted, strict=True)
    return [(items(want, metric), items(have, metric)) for want, have in both]


def _counts(gold: Items, predicted: Items) -> Counts:
    return Counts(len(gold & predicted), len(predicted), len(gold))


def _count(pairs: Sequence[tuple[Items, Items]], label: str) -> Counts:
    def only(side: Items) -> Items:
        return {item for item in side if item[0] == label}

    return sum((_counts(only(gold), only(predicted)) for gold, predicted in pairs), Counts())


def _interval(sentences: Sequence[Counts]) -> Interval:
    """The percentile bootstrap over sentences (Efron and Tibshirani 1993, chapter 13)."""
    return middle([_f1(sentences, sample) for sample in samples(len(sentences))])


def samples(size: int) -> list[list[int]]:
    """The places of ``RESAMPLES`` samples of ``size`` sentences, the same ones each time."""
    rng = random.Random(0)
    return [rng.choices(range(size), k=size) if size else [] for _ in range(RESAMPLES)]


def _f1(sentences: Sequence[Counts], sample: Sequence[int]) -> float:
    right = sum(sentences[place].right for place in sample)
    total = sum(sentences[place].predicted + sentences[place].gold for place in sample)
    return 2 * right / total if total else 0.0


def middle(values: list[float]) -> Interval:
    """The middle 95 % of what the samples gave."""
    ordered = sorted(values)
    cut = round(0.025 * len(ordered))
    return ordered[cut], ordered[-1 - cut]
