"""Which labels are easily taken for each other: the hard negatives of a prompt.

Two labels of a source are near when their names and descriptions share letters, or when they stand
in the same rows.
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from adapters.data.examples import Example
from service.ner.types import Label

Nearness = Mapping[tuple[str, str], float]


def nearness(labels: Sequence[Label], examples: Sequence[Example]) -> Nearness:
    """How near two labels are, both ways: shared pairs of letters, and rows with both."""
    counts, both = Counter[str](), Counter[tuple[str, str]]()
    for example in examples:
        names = sorted({entity.label for entity in example.entities})
        counts.update(names)
        both.update(combinations(names, 2))
    near: dict[tuple[str, str], float] = {}
    for one, other in combinations(sorted(labels, key=lambda label: label.name), 2):
        together = both[one.name, other.name] / (1 + min(counts[one.name], counts[other.name]))
        near[one.name, other.name] = near[other.name, one.name] = _alike(one, other) + together
    return near


def negatives(
    positives: Collection[str],
    labels: Sequence[Label],
    near: Nearness,
    count: int,
    rng: random.Random,
) -> list[str]:
    """``count`` other labels, or all there are: half of them the nearest, the others drawn."""
    others = [label.name for label in labels if label.name not in positives]
    rng.shuffle(others)
    others.sort(key=lambda name: -max((near[name, one] for one in positives), default=0.0))
    hard = others[: (count + 1) // 2]
    rest = others[len(hard) :]
    return hard + rng.sample(rest, min(len(rest), count - len(hard)))


def _alike(one: Label, other: Label) -> float:
    names = _overlap(_pairs(one.written), _pairs(other.written))
    return names + _overlap(_pairs(one.description), _pairs(other.description))


def _overlap(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _pairs(text: str) -> set[str]:
    folded = text.casefold()
    return {folded[at : at + 2] for at in range(len(folded) - 1)}
