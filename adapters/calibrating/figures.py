"""The pictures of a calibration. matplotlib is in the trainer's environment only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def reliability(found: Mapping[str, Any], picture: Path) -> None:
    """The share that is right over the score, raw and calibrated, beside what it should be."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]

    figure = Figure(figsize=(5, 5), layout="tight")
    axes = figure.add_subplot(xlabel="score", ylabel="share that is right", xlim=(0, 1))
    axes.set_ylim(0, 1)
    axes.plot((0, 1), (0, 1), color="0.7", linestyle="--", label="as it should be")
    for name, error in (("raw", "ece_before"), ("calibrated", "ece_after")):
        rows = found["reliability"][name]
        places = [row["score"] for row in rows], [row["right"] for row in rows]
        axes.plot(*places, "o-", label=f"{name} (error {found[error]:.3f})")
    axes.legend(loc="upper left")
    figure.savefig(picture, dpi=120)


def precision_recall(found: Mapping[str, Any], picture: Path) -> None:
    """Precision over recall for every ``min_score``, and the one that gives the best F1."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="tight")
    axes = figure.add_subplot(xlabel="recall (spans)", ylabel="precision (spans)", xlim=(0, 1))
    axes.set_ylim(0, 1)
    rows = found["curve"]
    axes.plot([row["recall"] for row in rows], [row["precision"] for row in rows])
    for least in (0.0, found["min_score"]):
        row = next(row for row in rows if row["min_score"] == least)
        label = f"min_score {least:g}: F1 {row['f1']:.3f}"
        axes.plot(row["recall"], row["precision"], "o", label=label)
    axes.legend(loc="lower left")
    figure.savefig(picture, dpi=120)
