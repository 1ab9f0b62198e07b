"""Writing TOML."""

import json
from collections.abc import Mapping
from typing import Any


def assignments(fields: Mapping[str, Any]) -> str:
    """A line a key; values are strings, numbers and lists of them."""
    # JSON's are TOML's too.
    rows = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    return "".join(rows)
