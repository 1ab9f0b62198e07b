"""Calibration measured: observation, bins, error, the best threshold; the fit is made elsewhere."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calibrating.calibrate import bins, calibrate, curve, error, out_of_fold
from adapters.calibrating.sentences import CalibrateError, Sentence, check, observe
from adapters.data.examples import Example
from service.ner.types import Entity

IDENTITY = (1.0, 1.0, 0.0)


def identity(_: Sequence[float], __: Sequence[bool]) -> tuple[float, float, float]:
    """A fit that leaves scores as they are."""
    return IDENTITY


def test_right_is_label_and_place() -> None:
    """And gold counts what was missed."""
    gold = [Example("叶老桂", (Entity("name", 0, 3),))] * 20
    wrong, right = Entity("name", 0, 2, 0.3), Entity("name", 0, 3, 0.9)
    found = [Example("叶老桂", (one,)) for one in [wrong] * 10 + [right] * 10]
    seen = observe(gold, found)
    assert seen[0] == Sentence(1, ((0.3, False),))
    assert seen[-1] == Sentence(1, ((0.9, True),))


def test_what_is_wrong_in_one_sentence_only_is_refused() -> None:
    """The fold that it is in would be judged by a fit that never saw anything wrong."""
    seen = [Sentence(1, ((0.9, True),))] * 20
    seen[3] = Sentence(10, ((0.3, False),) * 10)
    with pytest.raises(CalibrateError, match="the wrong entities are all in one of 5 parts"):
        check(seen)
    seen[4] = Sentence(1, ((0.3, False),))
    check(seen)


@pytest.mark.parametrize(
    ("score", "wrong", "complaint"),
    [
        (0.9, 9, "11 right and 9 wrong entities were found; expected 10 of each or more"),
        (None, 10, "20 of 20 entities came without a raw score; expected one for each"),
    ],
)
def test_rows_that_show_nothing_are_refused(
    score: float | None, wrong: int, complaint: str
) -> None:
    """With what was found, and what to do."""
    gold = [Example("叶老桂", (Entity("name", 0, 3),))] * 20
    ends = [2] * wrong + [3] * (20 - wrong)
    with pytest.raises(CalibrateError, match=complaint):
        observe(gold, [Example("叶老桂", (Entity("name", 0, end, score),)) for end in ends])


def test_the_error_is_the_mean_distance_in_bins_of_one_size() -> None:
    """Ten entities a bin: sure of 0.9 and right in half of the cases, sure of 0.1 and never."""
    scores = [0.9] * 50 + [0.1] * 50
    right = [True, False] * 25 + [False] * 50
    found = bins(scores, right)
    assert [one.entities for one in found] == [10] * 10
    assert error(found) == pytest.approx((0.4 + 0.1) / 2)
    assert error([]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_every_entity_is_in_one_bin(pairs: list[tuple[float, bool]]) -> None:
    """Whatever their number, and the error stays from 0 to 1."""
    found = bins([score for score, _ in pairs], [right for _, right in pairs])
    assert sum(one.entities for one in found) == len(pairs)
    assert 0 <= error(found) <= 1


def test_the_curve_begins_with_everything_and_ends_with_the_surest() -> None:
    """Of four gold entities, three found beside two that are wrong."""
    points = curve([0.9, 0.8, 0.7, 0.6, 0.2], [True, True, False, True, False], gold=4)
    assert [point.min_score for point in points] == [0.0, 0.2, 0.6, 0.7, 0.8, 0.9]
    assert (points[0].precision, points[0].recall) == (0.6, 0.75)
    best = max(points, key=lambda point: point.f1)
    assert (best.min_score, best.precision, best.recall) == (0.6, 0.75, 0.75)
    assert (points[-1].precision, points[-1].recall) == (1.0, 0.25)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_each_point_is_what_its_threshold_leaves(pairs: list[tuple[float, bool]]) -> None:
    """As counted anew."""
    scores, right = [score for score, _ in pairs], [was for _, was in pairs]
    for point in curve(scores, right, gold=30):
        kept = [was for score, was in pairs if score >= point.min_score]
        assert kept
        assert point.precision == pytest.approx(sum(kept) / len(kept))
        assert point.recall == pytest.approx(sum(kept) / 30)


def test_no_sentence_is_calibrated_by_itself() -> None:
    """Each by a fit that has not seen it; all sentences of the others are seen."""
    sentences = [Sentence(1, ((number / 100, True),)) for number in range(1, 24)]
    seen: list[list[float]] = []

    def remember(scores: Sequence[float], _: Sequence[bool]) -> tuple[float, float, float]:
        seen.append([round(score * 100) for score in scores])
        return (1.0, 1.0, float(len(seen)))

    found = out_of_fold(sentences, remember)
    assert len(found) == 23
    for place in range(23):
        assert place + 1 not in seen[place % 5]
        assert len(seen[place % 5]) in (18, 19)
    assert found[0] < 0.05 < found[4]  # by the first fold's fit, and by the last one's


def test_what_is_measured_is_ready_for_a_manifest() -> None:
    """Plain numbers; scores that say what they are worth have nearly no error."""
    drawn = random.Random(0)
    pairs = [(score, drawn.random() < score) for score in (drawn.random() for _ in range(4000))]
    found = calibrate([Sentence(1, (pair,)) for pair in pairs], identity)
    assert found["parameters"] == [1.0, 1.0, 0.0]
    assert (found["sentences"], found["entities"]) == (4000, 4000)
    assert found["ece_before"] == found["ece_after"] < 0.03
    assert found["f1"] > found["f1_before"] == pytest.approx(0.5, abs=0.03)
    assert len(found["reliability"]["raw"]) == 10
    assert found["min_score"] in [row["min_score"] for row in found["curve"]]
