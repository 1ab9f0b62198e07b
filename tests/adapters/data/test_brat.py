"""brat's texts with their annotations beside them."""

from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.data.readers import DataError, read
from service.ner.types import Entity


def folder_of(tmp_path: Path, annotations: str, text: str = "浙商\n银行") -> Path:
    """A folder with one text."""
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "a.ann").write_text(annotations, encoding="utf-8", newline="")
    return tmp_path


def test_a_folder_or_one_of_its_texts(tmp_path: Path) -> None:
    """Relations and notes are passed over; a line break in a surface stands as a blank."""
    folder = folder_of(tmp_path, "T1\tcompany 0 5\t浙商 银行\n#1\tNote T1\t?\nR1\tx A:T1\n")
    gold = [Example("浙商\n银行", (Entity("company", 0, 5),))]
    for path in (folder, folder / "a.txt", folder / "a.ann"):
        assert read(path, "auto", ()).examples == gold
    assert read(folder, "brat", ()).examples == gold


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("T1\tcompany 0 1;2 3\t浙", "T1 has the ranges 0 1;2 3; expected one"),
        ("T1\tcompany 0 2\t银行", r"\[0, 2\) is '浙商'; expected '银行'"),
        ("T1\tcompany 0 9\t浙", r"span \[0, 9\); expected one inside \[0, 5\)"),
        ("T1 company 0 9", "expected T1, a tab, LABEL START END"),
    ],
)
def test_what_cannot_be(line: str, says: str, tmp_path: Path) -> None:
    """With the line of the .ann file."""
    folder = folder_of(tmp_path, f"#1\tNote\n{line}\n")
    with pytest.raises(DataError, match=rf"a\.ann:2: .*{says}"):
        read(folder, "auto", ())


def test_a_text_is_in_its_encoding(tmp_path: Path) -> None:
    """Half of a surrogate pair in a text was found when it was split, as a traceback."""
    folder = folder_of(tmp_path, "T1\tcompany 0 2\t浙商\n")
    (folder / "a.txt").write_bytes("浙商\n银行".encode() + b"\xff")
    with pytest.raises(DataError, match=r"a\.txt:2: bytes that are not UTF-8"):
        read(folder, "auto", ())
    (folder / "a.txt").write_bytes("浙商\r\n银行".encode())
    assert read(folder, "auto", ()).examples[0].text == "浙商\r\n银行"


def test_a_text_has_no_nul(tmp_path: Path) -> None:
    """No request can have one: found out here, by the file."""
    folder = folder_of(tmp_path, "T1\tcompany 0 2\t浙商\n", "浙商\0银行")
    (folder / "b.txt").write_text("浙商", encoding="utf-8")
    (folder / "b.ann").write_text("T1\tcompany 0 2\t浙商\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.ann:1: a\.txt has a NUL at 2; expected none"):
        read(folder, "auto", ())
    found = read(folder, "auto", (), skip_bad=True)
    assert (len(found.examples), len(found.skipped)) == (1, 1)


def test_what_is_not_there(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(DataError, match=r"no \.ann file there"):
        read(tmp_path, "brat", ())
    (tmp_path / "a.ann").write_text("")
    with pytest.raises(DataError, match=r"a\.txt: not there"):
        read(tmp_path, "brat", ())
