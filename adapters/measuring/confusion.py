"""Which label was given for which, on the same span."""

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from adapters.data.examples import Example

# (gold, predicted); None: nothing at this span.
Pair = tuple[str | None, str | None]


def confusion(gold: Sequence[Example], predicted: Sequence[Example]) -> Counter[Pair]:
    """How often each pair occurs; every gold and every predicted span is in exactly one.

    Of a span with several labels the right ones are taken first.
    """
    found: Counter[Pair] = Counter()
    for want, have in zip(gold, predicted, strict=True):
        wanted = {(e.start, e.end, e.label) for e in want.entities}
        had = {(e.start, e.end, e.label) for e in have.entities}
        found.update((label, label) for *_, label in wanted & had)
        for span in {entity[:2] for entity in wanted ^ had}:
            missed = sorted(label for *place, label in wanted - had if tuple(place) == span)
            wrong = sorted(label for *place, label in had - wanted if tuple(place) == span)
            found.update(zip_longest(missed, wrong))
    return found
