"""A JSON object that keeps its bytes: compared with the standard library's reading."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidRequest, MalformedBody
from service.wire.json_object import JsonObject

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXT | st.just("model"), VALUES, max_size=6)
SPELLINGS = st.tuples(
    st.booleans(), st.sampled_from([None, 0, 3]), st.sampled_from(["", " ", "\n\t"])
)


def test_a_long_name_takes_its_own_memory() -> None:
    """It took 140 times that, which no budget knew of."""
    raw = b'{"' + b"a" * 1_000_000 + b'": 1}'
    tracemalloc.start()
    try:
        JsonObject.read(raw)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@given(OBJECTS, SPELLINGS, TEXT)
def test_one_value_is_replaced_and_nothing_else(
    values: dict[str, object], spelling: tuple[bool, int | None, str], name: str
) -> None:
    """However the object is written."""
    is_ascii, indent, around = spelling
    written = json.dumps(values, ensure_ascii=is_ascii, indent=indent)
    raw = f"{around}{written}{around}".encode()
    body = JsonObject.read(raw)
    assert body.values == values
    assert {key: json.loads(body.written(key)) for key in values} == values
    replaced = body.replaced("model", name)
    assert json.loads(replaced) == {**values, "model": name}
    if "model" in values:
        start, end = body.spans["model"]
        assert replaced.startswith(body.text[:start].encode())
        assert replaced.endswith(body.text[end:].encode())


@given(st.text('{}[]":,\\ axn1-.e\n', max_size=12))
def test_what_it_takes_is_what_json_takes(text: str) -> None:
    """No more, no less; a name that an object has twice aside."""
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    try:
        found: object = JsonObject.read(text.encode()).values
    except MalformedBody:
        found = None
    except InvalidRequest:
        return
    assert found == (expected if isinstance(expected, dict) else None)


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":[{"c":1,"a":1,"a":2}]}']
)
def test_a_name_that_is_there_twice(text: str) -> None:
    """Readers differ in which one they take; however deep it is."""
    with pytest.raises(InvalidRequest, match="a is there twice"):
        JsonObject.read(text.encode())
