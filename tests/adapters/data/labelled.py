"""A labelled sentence, and a file that has it in some tool's way."""

from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from service.ner.types import Entity

TEXT = "浙商银行的叶老桂"
GOLD = Example(TEXT, (Entity("company", 0, 4), Entity("name", 5, 8)))
SPANS: list[Any] = [[0, 4, "company"], [5, 8, "name"]]


def written(folder: Path, content: str, name: str = "rows.json", encoding: str = "utf-8") -> Path:
    """A file."""
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path
