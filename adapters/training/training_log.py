"""The log of a training run."""

import json
import time
from pathlib import Path


class TrainingLog:
    """log.jsonl: one row a step; rows after the checkpoint that is resumed are taken out."""

    def __init__(self, path: Path, step: int, steps: int) -> None:
        """Go on after ``step`` of ``steps``. Raises OSError."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines[:step] if line]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._path, self._first, self._steps = path, step, steps
        self._began = time.monotonic()

    def write(self, row: dict[str, float]) -> None:
        """Append a step's row, with the seconds that the rest will take at this run's pace."""
        done = row["step"] - self._first
        each = (time.monotonic() - self._began) / done
        row["seconds_left"] = round(each * (self._steps - row["step"]))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
