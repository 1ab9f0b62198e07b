"""The stage ``calibrate``: what was observed, as a file, to what was found, with pictures."""

import json
from collections.abc import Sequence
from pathlib import Path

from adapters.calibrating.beta_fit import fit
from adapters.calibrating.calibrate import Sentence
from adapters.calibrating.calibrate import calibrate as measure
from adapters.calibrating.figures import precision_recall, reliability
from adapters.registering.card import pictures_of


def save(sentences: Sequence[Sentence], path: Path) -> None:
    """Write what was observed; nothing of the sentences' texts."""
    rows = [{"gold": one.gold, "found": one.found} for one in sentences]
    path.write_text(json.dumps(rows), encoding="utf-8")


def load(path: Path) -> list[Sentence]:
    """Read what ``save`` wrote."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [
        Sentence(row["gold"], tuple((score, was) for score, was in row["found"])) for row in rows
    ]


def calibrate(observed: Path, found: Path, folder: Path, constraint: str) -> None:
    """Fit and measure; write ``found``, as of ``calibrate.calibrate``, and draw into ``folder``."""
    result = measure(load(observed), fit)
    drawn = pictures_of(constraint)
    reliability(result, folder / drawn[0])
    precision_recall(result, folder / drawn[1])
    found.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
