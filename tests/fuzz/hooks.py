"""What schemathesis has to be told: loaded by its command, ``SCHEMATHESIS_HOOKS``."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """One line of a batch."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"
