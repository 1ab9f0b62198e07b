"""However deep a body is nested, it is the body that is at fault, not the gateway."""

import pytest

from tests.conftest import Gateway

pytestmark = pytest.mark.slow

# From where every reader still manages to where none does any more: each has its own depth.
DEPTHS = range(900, 1001)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/redact", '{{"text": "a", "labels": {}}}'),
        ("/extract?format=hf", '{{"text": "a", "labels": {}}}'),
        ("/extract", '{{"texts": ["a", {}]}}'),
        (
            "/v1/chat/completions",
            '{{"messages": [], "structured_outputs": {{"json": {{"$schema": {}, "x": 1}}}}}}',
        ),
        (
            "/v1/chat/completions",
            '{{"messages": [], "structured_outputs": {{"json": {{"a": {}}}}}}}',
        ),
    ],
)
def test_is_refused_or_answered(gateway: Gateway, path: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    for depth in DEPTHS:
        nested = "[" * depth + "]" * depth
        answer = gateway.client.post(path, content=body.format(nested), headers=headers)
        assert answer.status_code < 500, (depth, answer.text)
