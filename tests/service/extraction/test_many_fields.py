"""A body of very many fields that there are not is refused for the first, and takes no more memory
than others of its length."""

import json
import tracemalloc

import pytest

from tests.conftest import Gateway

pytestmark = pytest.mark.slow

MANY = {f"field{number}": number for number in range(20_000)}
# As the README says of NERVE_MAX_HELD_BYTES.
TIMES = 20


def test_a_name_that_cannot_be_written_is_named(gateway: Gateway) -> None:
    """Half a surrogate pair; the body itself is an object."""
    raw = b'{"text": "a", "\\ud800": 1}'
    for path in ("/extract", "/redact"):
        answer = gateway.client.post(
            path, content=raw, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
        assert "is not a field; expected model, labels" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/extract", "/extract?format=hf", "/redact", "/extract/batch"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"text": "甲", **MANY}, "field0 is not a field; expected model, labels"),
        ({"text": "甲", "examples": [MANY]}, "expected an object of text, entities"),
        (
            {"text": "甲", "examples": [{"text": "甲", "entities": [MANY]}]},
            "expected an object of label, text",
        ),
    ],
)
def test_is_refused_for_the_first(
    gateway: Gateway, path: str, body: dict[str, object], says: str
) -> None:
    """Each with its message would take a hundred times its bytes, and a second of everybody."""
    raw = json.dumps(body).encode()
    tracemalloc.start()
    try:
        answer = gateway.client.post(
            path, content=raw, headers={"content-type": "application/json"}
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert says in answer.json()["error"]["message"]
    assert peak < TIMES * len(raw)
