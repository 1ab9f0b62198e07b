"""Rows that repeat a text, and what they say of it."""

from adapters.data.examples import Example
from adapters.data.repeats import Repeats
from service.ner.types import Entity


def test_a_text_that_stands_twice_is_counted() -> None:
    bank = Entity("company", 0, 4)
    rows = [Example("浙商银行的叶老桂", (bank,)), Example("浙商银行的叶老桂", (bank,))]
    assert Repeats.of(rows[:1]) == Repeats(0, 0)
    assert Repeats.of(rows) == Repeats(1, 0)
    assert Repeats.of([*rows, Example("浙商银行的叶老桂", ())]) == Repeats(2, 1)


def test_gold_is_the_same_whatever_blanks_stand_between() -> None:
    """Its offsets are others then."""
    row = Example("浙商银行的叶老桂", (Entity("name", 5, 8),))
    twin = Example(" 浙商银行的\ufeff 叶老桂", (Entity("name", 8, 11),))
    other = Example("浙商银行的 叶老桂", (Entity("name", 6, 8),))
    assert Repeats.of([row, twin]) == Repeats(1, 0)
    assert Repeats.of([row, other]) == Repeats(1, 1)
