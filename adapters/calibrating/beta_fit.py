"""The fit of a beta calibration by scikit-learn, which is in the trainer's environment only."""

import math
from collections.abc import Sequence

from service.models.calibration import LEAST, Parameters


def fit(scores: Sequence[float], right: Sequence[bool]) -> Parameters:
    """Kull, Silva Filho and Flach 2017: logistic regression on ln p and -ln(1 - p).

    A coefficient below 0 would let a confidence fall where the score rises; as in the paper, its
    feature is left out and the other fitted alone.
    """
    inside = [min(max(score, LEAST), 1 - LEAST) for score in scores]
    features = ([math.log(p) for p in inside], [-math.log1p(-p) for p in inside])
    used: tuple[int, ...] = (0, 1)
    while True:
        weights, shift = _regression([features[number] for number in used], right)
        kept = tuple(number for number, weight in zip(used, weights, strict=True) if weight >= 0)
        if kept == used:
            found = dict(zip(used, weights, strict=True))
            return found.get(0, 0.0), found.get(1, 0.0), shift
        # The worse one first: alone, the other may be fine.
        worst = min(range(len(used)), key=lambda place: weights[place])
        used = tuple(number for place, number in enumerate(used) if place != worst)


def _regression(
    features: Sequence[Sequence[float]], right: Sequence[bool]
) -> tuple[list[float], float]:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found]

    if not features:
        share = sum(right) / len(right)
        return [], math.log(share / (1 - share))
    rows = [list(row) for row in zip(*features, strict=True)]
    # As good as no regularisation, but finite where scores and truth agree without exception.
    model = LogisticRegression(C=1e6, max_iter=10_000).fit(rows, [int(was) for was in right])
    return [float(weight) for weight in model.coef_[0]], float(model.intercept_[0])
