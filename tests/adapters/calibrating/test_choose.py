"""The choice of bias and threshold: what is best, and what it is worth elsewhere."""

import random
from collections.abc import Sequence

from adapters.calibrating.choose import choose
from adapters.calibrating.sentences import Sentence

SENTENCES = 200


def identity(_: Sequence[float], __: Sequence[bool]) -> tuple[float, float, float]:
    """A fit that leaves scores as they are."""
    return 1.0, 1.0, 0.0


def answered(*found: tuple[float, bool]) -> list[Sentence]:
    """Sentences with two gold entities, all answered alike."""
    return [Sentence(2, found)] * SENTENCES


def test_the_bias_that_finds_more_is_chosen() -> None:
    """-1 finds the second entity; -2 finds nothing more, and says what is wrong."""
    right = (0.9, True)
    observed = {
        0.0: answered(right),
        -1.0: answered(right, right),
        -2.0: answered(right, right, (0.95, False)),
    }
    found = choose(observed, identity)
    assert (found.end_bias, found.min_score) == (-1.0, 0.0)
    assert found.gain.f1 == 1.0 - 2 / 3
    assert found.pays


def test_a_threshold_goes_with_a_bias() -> None:
    """What a bias brings that is wrong scores less, and is left out again."""
    right, wrong = (0.9, True), (0.2, False)
    observed = {0.0: answered(right), -1.0: answered(right, right, wrong)}
    found = choose(observed, identity)
    assert found.end_bias == -1.0
    assert 0.2 < found.min_score <= 0.9
    assert found.gain.f1 == 1.0 - 2 / 3


def test_of_equal_ones_it_is_that_which_changes_least() -> None:
    """Nothing is gained, so nothing is chosen."""
    same = answered((0.9, True), (0.8, True))
    found = choose({0.0: same, -1.0: same, 1.0: same}, identity)
    assert (found.end_bias, found.min_score, found.gain.f1) == (0.0, 0.0, 0.0)
    assert not found.pays


def test_what_fits_the_rows_by_chance_does_not_pay() -> None:
    """Scores say nothing: the best of many thresholds gains on its own rows, on others hardly."""
    rng = random.Random(0)
    noise = [
        Sentence(1, tuple((rng.uniform(0.1, 0.7), rng.random() < 0.55) for _ in range(2)))
        for _ in range(SENTENCES)
    ]
    found = choose({0.0: noise}, identity)
    assert found.gain.f1 < 0.002
    assert found.gain.interval[0] <= 0
