"""The stage ``calibrate``: what was observed, as a file, to what was found, with pictures."""

import json
from pathlib import Path
from typing import Any

from adapters.calibrating.beta_fit import fit
from adapters.calibrating.calibrate import Fit
from adapters.calibrating.calibrate import calibrate as measure
from adapters.calibrating.choose import choose
from adapters.calibrating.figures import precision_recall, reliability
from adapters.calibrating.observed import Observed, load
from adapters.registering.card import pictures_of


def calibrate(observed: Path, found: Path, folder: Path, constraint: str) -> None:
    """Fit and measure; write ``found``, as of ``measured``, and draw into ``folder``."""
    result = measured(load(observed), fit)
    drawn = pictures_of(constraint)
    reliability(result, folder / drawn[0])
    precision_recall(result, folder / drawn[1])
    found.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measured(observed: Observed, fit: Fit) -> dict[str, Any]:
    """As ``calibrate.calibrate``. Where biases were tried, of what was observed with the one that
    is chosen, and ``chosen`` says what the choice is worth."""
    tried = {bias: rows for bias, rows in observed.items() if bias is not None}
    if not tried:
        return measure(observed[None], fit)
    choice = choose(tried, fit)
    bias, least = (choice.end_bias, choice.min_score) if choice.pays else (0.0, 0.0)
    chosen = {
        "end_bias": bias,
        "min_score": least,
        "tried": sorted(tried),
        "gain": round(choice.gain.f1, 5),
        "interval": [round(value, 5) for value in choice.gain.interval],
    }
    return {**measure(tried[bias], fit), "chosen": chosen}
