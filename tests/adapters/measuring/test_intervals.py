"""Intervals by label, and the confusion matrix."""

import pytest

from adapters.data.examples import Example
from adapters.measuring.confusion import confusion
from adapters.measuring.intervals import label_intervals
from adapters.measuring.score import score
from service.ner.types import Entity

TEXT = "浙商银行的叶老桂"
BANK, NAME = Entity("company", 0, 4), Entity("name", 5, 8)


def examples(*entities: tuple[Entity, ...]) -> list[Example]:
    """A sentence for each."""
    return [Example(TEXT, one) for one in entities]


def test_with_one_label_its_interval_is_that_of_micro_f1() -> None:
    """The same samples, the same sums."""
    gold = examples(*[(NAME,)] * 30)
    predicted = examples(*[(NAME,) if place % 3 else () for place in range(30)])
    for metric in ("text", "span"):
        whole = score(gold, predicted, metric)
        (interval,) = label_intervals(gold, predicted, metric).values()
        assert interval == pytest.approx(whole.interval)
        assert interval[0] < whole.micro.f1 < interval[1]


def test_a_rarer_label_has_a_wider_interval() -> None:
    """Both labels are found half of the time."""
    gold = examples(*[(BANK, NAME)] * 4, *[(NAME,)] * 60)
    predicted = examples(*[gold[place].entities if place % 2 else () for place in range(64)])
    found = label_intervals(gold, predicted, "span")
    width = {label: high - low for label, (low, high) in found.items()}
    assert width["company"] > 2 * width["name"]


def test_every_span_is_in_one_pair() -> None:
    """Right, another label, not found, found where there is nothing."""
    gold = examples((BANK, NAME), (NAME,), (NAME,))
    other = Entity("scene", 0, 4)
    predicted = examples((other, NAME), (), (NAME, Entity("company", 0, 3)))
    assert confusion(gold, predicted) == {
        ("company", "scene"): 1,
        ("name", "name"): 2,
        ("name", None): 1,
        (None, "company"): 1,
    }


def test_of_a_span_with_two_labels_the_right_one_is_taken_first() -> None:
    """What is left over is paired."""
    gold = examples((BANK, Entity("scene", 0, 4)))
    predicted = examples((BANK, Entity("book", 0, 4), Entity("game", 0, 4)))
    assert confusion(gold, predicted) == {
        ("company", "company"): 1,
        ("scene", "book"): 1,
        (None, "game"): 1,
    }
