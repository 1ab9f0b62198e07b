"""CBOR as far as JSON has the like: round trips, lengths without an end, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import MalformedBody
from service.wire.cbor import dumps, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=6,
)


@given(st.dictionaries(st.text(), VALUES))
def test_what_is_written_is_read(value: dict[str, Any]) -> None:
    """Whatever JSON can say."""
    assert loads(dumps(value)) == value


@given(st.binary(max_size=64))
def test_any_bytes_are_a_map_or_malformed(raw: bytes) -> None:
    """Nothing else is raised."""
    with suppress(MalformedBody):
        assert isinstance(loads(raw), dict)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"\xbf\x61a\x01\xff", {"a": 1}),
        (b"\xa1\x61a\x9f\x01\x02\xff", {"a": [1, 2]}),
        (b"\xa1\x61a\x7f\x61x\x61y\xff", {"a": "xy"}),
        (b"\xa1\x61a\xf9\x3c\x00", {"a": 1.0}),
        (b"\xa1\x61a\xfa\x3f\x80\x00\x00", {"a": 1.0}),
    ],
)
def test_other_ways_to_write(raw: bytes, value: object) -> None:
    """Lengths that are not said before, shorter floats."""
    assert loads(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x01",
        b"\xa1\x61a",
        b"\xa1\x61a\x01\x01",
        b"\xa1\x01\x01",
        b"\xa1\x61a\x41x",
        b"\xa1\x61a\xc0\x61x",
        b"\xa1\x61a\x62\xff\xff",
        b"\xa1\x61a\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x61a" + b"\x81" * 100 + b"\x01",
        b"\xa1\x61a\x9a\xff\xff\xff\xff",
        b"\xa1\x61a\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x61a\x9f\x01",
    ],
)
def test_what_is_refused(raw: bytes) -> None:
    """Cut off, no map, wrong keys, byte strings, tags, too deep, longer than the body."""
    with pytest.raises(MalformedBody):
        loads(raw)


@pytest.mark.parametrize("raw", [b"\x99\x40\x00" + b"\xa0" * 0x4000, b"\x9f" + b"\x80" * 20_000])
def test_more_items_than_anybody_sends(raw: bytes) -> None:
    """Each byte of them takes 72 in memory."""
    with pytest.raises(MalformedBody, match="more than 10000 items"):
        loads(b"\xa1\x61a" + raw)


@pytest.mark.parametrize("raw", [b"\xa2\x61a\x01\x61a\x02", b"\xa1\x61b\xbf\x61a\x01\x61a\x02\xff"])
def test_a_key_that_is_there_twice(raw: bytes) -> None:
    """Is named."""
    with pytest.raises(MalformedBody, match="a is there twice in one map"):
        loads(raw)
