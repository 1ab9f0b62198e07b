"""What was observed, as a file for the stage that fits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.calibrating.sentences import Sentence

# End bias → what was observed with it; None: with the adapter's own.
Observed = Mapping[float | None, Sequence[Sentence]]


def save(observed: Observed, path: Path) -> None:
    """Write what was observed; nothing of the sentences' texts."""
    rows = [
        {"end_bias": bias, "sentences": [{"gold": one.gold, "found": one.found} for one in rows]}
        for bias, rows in observed.items()
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")


def load(path: Path) -> Observed:
    """Read what ``save`` wrote."""
    return {
        row["end_bias"]: [_sentence(one) for one in row["sentences"]]
        for row in json.loads(path.read_text(encoding="utf-8"))
    }


def _sentence(row: Mapping[str, Any]) -> Sentence:
    return Sentence(row["gold"], tuple((score, was) for score, was in row["found"]))
