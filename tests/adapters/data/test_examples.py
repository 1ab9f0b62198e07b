import hashlib

from adapters.data.examples import Example, leaked, split, writable
from service.ner.formats import FORMATS
from service.ner.types import Entity, Label, Mention


def test_mentions_are_in_text_order_and_unique() -> None:
    example = Example(
        "叶老桂说浙商银行的叶老桂",
        (Entity("name", 0, 3), Entity("company", 4, 8), Entity("name", 9, 12)),
    )
    assert example.mentions == (Mention("name", "叶老桂"), Mention("company", "浙商银行"))


def test_the_same_rows_are_held_out_whatever_their_order() -> None:
    rows = [Example(f"第{number}句", ()) for number in range(100)]
    training, held_out = split(rows, 10)
    assert len(held_out) == 10
    assert sorted(training + held_out, key=rows.index) == rows
    again = split(rows[::-1], 10)[1]
    assert {row.text for row in again} == {row.text for row in held_out}


def test_equal_texts_fall_on_the_same_side() -> None:
    rows = [Example(f"第{number % 20}句", ()) for number in range(100)]
    training, held_out = split(rows, 5)
    assert not {row.text for row in training} & {row.text for row in held_out}
    assert len(held_out) == 25


def test_a_twin_is_held_out_with_its_row() -> None:
    """It differs by a blank, or by what folding takes away, and so is the same to the model."""
    rows = [
        Example(f"第{number}句{end}", ()) for number in range(100) for end in ("", " ", "\ufeff")
    ]
    training, held_out = split(rows, 10)
    assert not leaked(training, held_out)
    assert len(training) + len(held_out) == 300
    assert not leaked(training, split(rows, 5)[1])


def test_rows_without_twins_are_chosen_by_the_text_as_it_stands() -> None:
    """As they were when the figures that are published were measured."""
    rows = [Example(f"call number {number}", ()) for number in range(100)]
    wanted = sorted(rows, key=lambda row: hashlib.sha256(row.text.encode()).hexdigest())[:10]
    assert {row.text for row in split(rows, 10)[1]} == {row.text for row in wanted}


def test_leakage_is_seen_through_white_space() -> None:
    training = [Example("浙商 银行", ())]
    assert leaked(training, [Example("浙商银行\n", ()), Example("浙商", ())]) == ["浙商银行\n"]


def test_a_format_without_a_place_for_overlaps_leaves_such_rows_out() -> None:
    plain = Example("浙商银行的叶老桂", (Entity("company", 0, 4), Entity("name", 5, 8)))
    nested = Example("浙商银行北京分行", (Entity("company", 0, 8), Entity("company", 0, 4)))
    labels = (Label("company", "公司"), Label("name", "姓名"))
    assert writable([plain, nested], FORMATS["inline_tags"], labels) == [plain]
    assert writable([plain, nested], FORMATS["lines"], labels) == [plain, nested]
