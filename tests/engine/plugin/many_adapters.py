"""Fifty adapters of the tiny model, each of which says a symbol of its own, whatever it is asked.

Run with the engine's Python from the checkout:
``python -m tests.engine.plugin.many_adapters FOLDER`` makes ``FOLDER/model`` and
``FOLDER/adapters``.
"""

import string
import sys
from pathlib import Path

from tests.engine.tiny_model import (
    build_adapter,
    build_base,
    build_tokenizer,
    write_adapter,
    write_base,
)

# One token each.
SYMBOLS = string.ascii_uppercase + string.ascii_lowercase[:24]


def build(folder: Path) -> None:
    """The base model, and ``many-00`` to ``many-49``; the first is the default."""
    tokenizer = build_tokenizer()
    weights = build_base(tokenizer)
    write_base(folder / "model", tokenizer, weights)
    for number, symbol in enumerate(SYMBOLS):
        direction = weights["lm_head.weight"][tokenizer.token_to_id(symbol)]
        tensors = build_adapter(direction / direction.norm(), seed=1000 + number)
        write_adapter(folder / "adapters" / f"many-{number:02}", tensors, "lines")
    registry = folder / "adapters" / "registry.toml"
    registry.write_text('default = "many-00"\n', encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
