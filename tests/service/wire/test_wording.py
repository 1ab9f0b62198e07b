"""How messages put values and faults."""

import json

import pytest

from service.errors import MalformedBody
from service.wire.json_object import JsonObject
from service.wire.wording import LONGEST, shown, told, why_not_json, why_unusable


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("浙商", '"浙商"'),
        (None, "null"),
        ([True, 1.5, {"a": "浙"}], '[true, 1.5, {"a": "浙"}]'),
        ("a\u200b\u202e\0", '"a\\u200b\\u202e\\u0000"'),
        ("\ud83d", '"\\ud83d"'),
        ("😀é", '"😀é"'),
        (float("nan"), "NaN"),
        (b"x", "\"b'x'\""),
    ],
)
def test_a_value_as_json(value: object, expected: str) -> None:
    """What people read as it is, what they do not see as its escape."""
    assert shown(value) == expected


def test_a_long_value_is_cut() -> None:
    """Escapes do not count."""
    assert shown("浙" * 1000) == '"' + "浙" * (LONGEST - 4) + "..."


def test_of_a_large_value_no_more_is_written_than_is_shown() -> None:
    """A body has room for a million values."""

    class Unwritable:
        def __repr__(self) -> str:
            raise AssertionError("written")

    assert shown([0] * 30 + [Unwritable()]) == "[" + "0, " * 25 + "0" + "..."


def test_what_could_be_read_just_so_is_shown_and_not_changed() -> None:
    """A body nested 956 deep was a fault of ours: reading had room where writing had none."""
    assert shown(nested(2000)) == "[" * 77 + "..."
    with pytest.raises(MalformedBody, match="it is nested too deeply"):
        JsonObject.read(b'{"a": 1}').changed({"a": nested(2000)})


def nested(depth: int) -> list[object]:
    """A list in a list in a list …"""
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "Expecting property name enclosed in double quotes, line 1 column 2"),
        ("[" * 100_000, "it is nested too deeply"),
        ("1" * 5000, "a number has too many digits"),
    ],
)
def test_why_it_is_no_json(content: str, expected: str) -> None:
    """Without a decoder's own words."""
    with pytest.raises((ValueError, RecursionError)) as raised:
        json.loads(content)
    assert why_not_json(raised.value) == expected


def test_why_what_was_made_cannot_be_used() -> None:
    """A field, a type, or no JSON."""
    assert why_unusable(KeyError("row")) == "row is missing"
    assert why_unusable(TypeError("x")) == "a value is of another type"
    assert why_unusable(ValueError("row has 3")) == "row has 3"
    assert why_unusable(PermissionError(13, "Permission denied", "a.json")) == "Permission denied"


def test_what_is_told_of_an_error() -> None:
    """Its message; of the system's the file and the reason."""
    assert told(ValueError("row has 3")) == "row has 3"
    assert told(FileNotFoundError(2, "No such file", "a.json")) == "a.json: No such file"
    assert told(OSError(28, "No space left on device")) == "No space left on device"
    assert told(OSError("torn")) == "torn"
