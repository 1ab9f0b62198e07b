"""What a training held out, as it lies beside the weights, and what it says of other rows."""

from pathlib import Path

import pytest

from adapters.data.examples import Example, split
from adapters.data.readers import DataError
from adapters.data.unseen import HeldOut, most, refuse_seen
from service.models.manifest import ManifestError

ROWS = [Example(f"第{number}句", ()) for number in range(600)]


def test_it_lies_beside_the_weights(tmp_path: Path) -> None:
    """And is read back; one of many sources has no digest."""
    assert HeldOut.read(tmp_path) is None
    for found in (HeldOut.of(ROWS, 60), HeldOut(2), HeldOut.of(ROWS, 0)):
        found.write(tmp_path)
        assert HeldOut.read(tmp_path) == found


def test_of_a_part_of_the_rows_no_more_is_held_out_than_was_then(tmp_path: Path) -> None:
    """A number alone would let rows pass that were trained on."""
    HeldOut.of(ROWS, 60).write(tmp_path)
    trained, part = {row.text for row in split(ROWS, 60)[0]}, ROWS[::3]
    assert sum(row.text in trained for row in split(part, 60)[1]) > 30
    unseen = most(tmp_path, part, 60)
    assert 0 < unseen < 60
    said = rf"60 rows held out: {tmp_path.name} may have been trained on {60 - unseen} of them"
    with pytest.raises(
        DataError, match=rf"{said} \(.*held_out\.toml: .*expected up to {unseen} of"
    ):
        refuse_seen(tmp_path, part, 60)
    refuse_seen(tmp_path, part, unseen)
    assert not any(row.text in trained for row in split(part, unseen)[1])


def test_the_same_rows_and_more_of_them_are_taken(tmp_path: Path) -> None:
    """They hold out the same first ones; where nothing is written, nothing is refused."""
    refuse_seen(tmp_path, ROWS, 60)
    HeldOut.of(ROWS[::2], 60).write(tmp_path)
    refuse_seen(tmp_path, ROWS, 60)
    refuse_seen(tmp_path, ROWS[::2], 60)
    HeldOut(2).write(tmp_path)
    refuse_seen(tmp_path, ROWS, 60)


def test_several_have_not_seen_what_none_has() -> None:
    """As far as it is known of each."""
    few, many = HeldOut.of(ROWS, 10), HeldOut.of(ROWS, 60)
    assert HeldOut.of_all([]) is None
    assert HeldOut.of_all([many, few]) == few
    assert HeldOut.of_all([many, HeldOut(5)]) == HeldOut(5, many.largest)


@pytest.mark.parametrize(
    ("text", "says"), [("rows = -1", "rows = -1"), ('rows = 1\nlargest = "x"', "largest = 'x'")]
)
def test_what_cannot_be_read_is_named(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "held_out.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=rf"held_out\.toml: {says}; expected"):
        HeldOut.read(tmp_path)
