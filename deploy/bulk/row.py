"""One row of an input."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """``number``: of the line (txt, jsonl) or of the record (csv, parquet), from 1; ``id`` of any
    JSON type; ``text`` None where it cannot be had, and ``error`` why."""

    number: int
    id: Any
    text: str | None
    error: str | None = None
