"""Rows in one array of JSON: a bad item is lost alone, and nothing in silence."""

import json
from pathlib import Path

import pytest

from adapters.data.readers import DataError, read
from tests.adapters.data.labelled import GOLD, SPANS, TEXT, written

ROW = {"text": TEXT, "label": SPANS}


def test_a_bad_item_of_an_array_has_its_line(tmp_path: Path) -> None:
    """That in which it begins."""
    path = written(
        tmp_path, '[\n {"text": "a", "entities": []},\n\n {"text": 3, "entities": []}\n]'
    )
    with pytest.raises(DataError, match=r"rows\.json:4: text has 3; expected a string"):
        read(path, "spans", ())


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("NaN", "NaN is no value of JSON"),
        ("-Infinity", "-Infinity is no value of JSON"),
        ("1" * 5000, "a number has too many digits"),
    ],
)
def test_an_item_whose_end_is_known_is_lost_alone(value: str, says: str, tmp_path: Path) -> None:
    """json.dumps of Python writes NaN; as a row a line it was one row, too."""
    rows = [json.dumps({**ROW, "score": 0.5})] * 100
    rows[10] = rows[10].replace("0.5", value)
    for content in ("[" + ",\n".join(rows) + "]", "\n".join(rows)):
        path = written(tmp_path, content)
        with pytest.raises(DataError, match=rf"rows\.json:11: not JSON: {says}"):
            read(path, "auto", ())
        found = read(path, "auto", (), skip_bad=True)
        assert found.examples == [GOLD] * 99
        assert found.skipped == [f"{path}:11: not JSON: {says}"]


def test_a_name_that_is_there_twice_is_its_row_s_error(tmp_path: Path) -> None:
    """Of two surfaces with one name the second alone would be gold."""
    rows = [json.dumps(ROW, ensure_ascii=False)] * 3
    rows[1] = '{"text": "叶老桂", "label": {"name": {"叶老桂": [[0, 2]], "叶老桂": []}}}'
    for content in ("[" + ",\n".join(rows) + "]", "\n".join(rows)):
        path = written(tmp_path, content)
        with pytest.raises(DataError, match=r":2: 叶老桂 is there twice in one object; expected o"):
            read(path, "auto", ())
        found = read(path, "auto", (), skip_bad=True)
        assert (found.examples, len(found.skipped)) == ([GOLD] * 2, 1)


def test_a_first_line_with_nan_does_not_make_an_array(tmp_path: Path) -> None:
    """Of rows that are arrays themselves."""
    rows = [json.dumps([TEXT, {"entities": SPANS, "score": score}]) for score in (float("nan"), 1)]
    found = read(written(tmp_path, "\n".join(rows)), "auto", (), skip_bad=True)
    assert (found.examples, len(found.skipped)) == ([GOLD], 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[{},\n {"text": },\n{}]', r":2: not JSON: Expecting value, column 11; expected an arr"),
        ('[{},\n {"text": NaN,\n "a"},\n{}]', r":3: not JSON: Expecting ':' delimiter, column 5"),
        ('[{},\n {"text": "a', r":2: not JSON: Unterminated string"),
        ("[{},\n {},\n", r":3: the array is not closed; expected \]"),
        ("[{}, {}", r":1: the array is not closed; expected \]"),
        ('[{},\n{"a": ' + "[" * 100_000, r":2: not JSON: it is nested too deeply; expected an arr"),
        ("[{}]\n\n[{}]", r":3: .* behind the array's \]; expected nothing"),
        ('[{}]\n\n{"text": "b"}', r":3: .* behind the array's \]; expected nothing"),
        ("[{}]\n\n,", r":3: .* behind the array's \]; expected nothing"),
        ("[{}]\n\n]", r":3: .* behind the array's \]; expected nothing"),
        ("[{}]\n\n…", r":3: .* behind the array's \]; expected nothing"),
    ],
)
def test_an_array_is_read_to_its_end_or_refused(content: str, says: str, tmp_path: Path) -> None:
    """With bad rows skipped, too: nobody knows how many rows are lost there."""
    row = json.dumps({"text": "a", "entities": []})
    path = written(tmp_path, content.replace("{}", row))
    for kind in ("auto", "spans"):
        for skip_bad in (False, True):
            with pytest.raises(DataError, match=rf"rows\.json{says}"):
                read(path, kind, (), skip_bad=skip_bad)


def test_blank_lines_behind_an_array_are_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, f"[{json.dumps(ROW)}]\n\n ")
    assert read(path, "auto", ()).examples == [GOLD]
