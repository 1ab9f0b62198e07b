"""CoNLL in its dialects."""

from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.data.readers import DataError, read
from service.ner.types import Entity
from tests.adapters.data.labelled import written


@pytest.mark.parametrize(
    ("rows", "text", "entities", "told"),
    [
        (
            "Ada B-PER\nLovelace I-PER\nlives O\nin O\nParis B-LOC\n",
            "Ada Lovelace lives in Paris",
            [("PER", 0, 12), ("LOC", 22, 27)],
            "columns (words, joined by a blank)",
        ),
        (
            "-DOCSTART- -X- -X- O\n\nAda NNP B-NP I-PER\nByron NNP I-NP B-PER\nin IN B-PP O\n",
            "Ada Byron in",
            [("PER", 0, 3), ("PER", 4, 9)],
            "columns (words, joined by a blank; tags as IOB1 has them)",
        ),
        (
            "New\tNNP\tB-LOC\nYork\tNNP\tL-LOC\nor\tCC\tO\nParis\tNNP\tU-LOC\n",
            "New York or Paris",
            [("LOC", 0, 8), ("LOC", 12, 17)],
            "columns (words, joined by a blank)",
        ),
        ("I O\nam O\nA S-X\n", "I am A", [("X", 5, 6)], "columns (words, joined by a blank)"),
        (
            "用 O\nAPP B-产品\n2 I-产品\n的 O\n人 O\n",
            "用APP2的人",
            [("产品", 1, 5)],
            "columns (characters, joined by nothing)",
        ),
        (
            "東京都 B-LOC\nの O\n田中 B-PER\nさん O\nが O\nNTT B-ORG\nへ O\n",
            "東京都の田中さんがNTTへ",
            [("LOC", 0, 3), ("PER", 4, 6), ("ORG", 9, 12)],
            "columns (characters, joined by nothing)",
        ),
        (
            "A O\n O\nB S-name\n",
            "A B",
            [("name", 2, 3)],
            "columns (characters, joined by nothing)",
        ),
        (
            "10\u00a0000 B-SUM\nkr  I-SUM\nand\tO\n",
            "10\u00a0000 kr and",
            [("SUM", 0, 9)],
            "columns (words, joined by a blank)",
        ),
        (
            "a\u3000b\tNN\tB-X\nc NN O\n\u2028d O\n",
            "a\u3000b c \u2028d",
            [("X", 0, 3)],
            "columns (words, joined by a blank)",
        ),
        (
            "甲 B-X\n\u3000 I-X\n乙\u0020I-X\n\u3000\tO\n",
            "甲\u3000乙\u3000",
            [("X", 0, 3)],
            "columns (characters, joined by nothing)",
        ),
    ],
)
def test_dialects(
    rows: str, text: str, entities: list[tuple[str, int, int]], told: str, tmp_path: Path
) -> None:
    """2 to 4 columns, IOB1, BILOU, words and characters: never `AdaLovelacelivesinParis`."""
    found = read(written(tmp_path, rows, "rows"), "auto", ())
    assert found.examples == [Example(text, tuple(Entity(*one) for one in entities))]
    assert found.kind == told


def test_the_line_of_a_wrong_tag(tmp_path: Path) -> None:
    """Not the text's first."""
    path = written(tmp_path, "a B-X\n\nb O\nc I-X\n", "rows")
    with pytest.raises(DataError, match=r"rows:4: tag 'I-X' goes on with an entity that was"):
        read(path, "auto", ())


@pytest.mark.parametrize("between", ["\u00a0", "\u3000", "\x1f", "\u2003"])
def test_columns_are_parted_by_blanks_and_tabs(between: str, tmp_path: Path) -> None:
    """Any other space is a part of its word."""
    path = written(tmp_path, f"Ada B-PER\nLovelace{between}I-PER\n", "rows")
    with pytest.raises(DataError, match=r"rows:2: 1 columns; expected 2 to 4"):
        read(path, "auto", ())
    path = written(tmp_path, f"{between}a{between} B-PER \n", "rows")
    (found,) = read(path, "auto", ()).examples
    assert (found.text, found.entities) == (f"{between}a{between}", (Entity("PER", 0, 3),))


def test_a_bracket_is_no_json(tmp_path: Path) -> None:
    """A column file may begin with one."""
    found = read(written(tmp_path, "[ O\nAda B-PER\n{ O\n", "rows"), "auto", ())
    assert found.examples[0].text == "[ Ada {"
