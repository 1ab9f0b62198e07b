"""The 95 % interval of each label's F1: the same bootstrap over sentences as for micro F1."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from adapters.data.examples import Example
from adapters.measuring.score import Interval, Metric, items, middle, samples

# place of the sentence → (twice the right ones, predicted and gold together)
_Sparse = dict[int, tuple[int, int]]


def label_intervals(
    gold: Sequence[Example], predicted: Sequence[Example], metric: Metric
) -> dict[str, Interval]:
    """label → interval. Only the sentences in which a label occurs are added up for it."""
    counts = _by_label(gold, predicted, metric)
    drawn = [Counter(sample) for sample in samples(len(gold))]
    return {
        label: middle([_f1(sentences, times) for times in drawn])
        for label, sentences in counts.items()
    }


def _by_label(
    gold: Sequence[Example], predicted: Sequence[Example], metric: Metric
) -> Mapping[str, _Sparse]:
    found: dict[str, _Sparse] = defaultdict(dict)
    for place, (want, have) in enumerate(zip(gold, predicted, strict=True)):
        wanted, had = items(want, metric), items(have, metric)
        right = Counter(item[0] for item in wanted & had)
        total = Counter(item[0] for side in (wanted, had) for item in side)
        for label, number in total.items():
            found[label][place] = (2 * right[label], number)
    return found


def _f1(sentences: _Sparse, times: Mapping[int, int]) -> float:
    right = total = 0
    for place, (twice, number) in sentences.items():
        weight = times[place]
        right += weight * twice
        total += weight * number
    return right / total if total else 0.0
