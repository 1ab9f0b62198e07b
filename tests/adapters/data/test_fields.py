"""Strings of rows: those that the gateway takes, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import string
from service.wire.requests import Text

WIRE = TypeAdapter(Text)


@given(st.text(st.sampled_from("a\0\ud83d\udfff\x01\x7f\u200b\ufffe😀 \n")))
def test_what_no_request_can_have_is_a_bad_row(value: str) -> None:
    """Named by its line before anything is asked."""
    try:
        WIRE.validate_python(value)
    except ValidationError:
        with pytest.raises(BadRow, match="text has "):
            string(value, "text")
    else:
        assert string(value, "text") == value
