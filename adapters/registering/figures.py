"""The pictures beside an adapter. matplotlib is in the trainer's environment only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def loss_curve(log: Path, picture: Path, width: int = 20) -> None:
    """Training loss (each step, and the mean of ``width``) and validation loss over the steps."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]

    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    steps, losses = [row["step"] for row in rows], [row["loss"] for row in rows]
    means = [_mean(losses[max(0, end - width) : end]) for end in range(1, len(losses) + 1)]
    checked = [(row["step"], row["validation_loss"]) for row in rows if "validation_loss" in row]
    figure = Figure(figsize=(7, 4), layout="tight")
    axes = figure.add_subplot(xlabel="step", ylabel="loss (nats a learned token)", yscale="log")
    axes.plot(steps, losses, color="0.8", label="training, each step")
    axes.plot(steps, means, label=f"training, mean of {width} steps")
    if checked:
        axes.plot(*zip(*checked, strict=True), "o-", label="validation")
    axes.legend()
    figure.savefig(picture, dpi=120)


def label_bars(report: Mapping[str, Any], picture: Path) -> None:
    """F1 per label, text-set beside span, from a report of ``nerve adapter evaluate``."""
    from matplotlib import font_manager, rc_context  # type: ignore[import-not-found,unused-ignore]
    from pylopdf_fonts_zh_cn import sans_path  # type: ignore[import-not-found,unused-ignore]

    font_manager.fontManager.addfont(sans_path())
    chinese = font_manager.FontProperties(fname=sans_path()).get_name()
    # Each character is drawn in the first of the two that has it; they are looked up while it is.
    with rc_context({"font.family": ["DejaVu Sans", chinese]}):
        _draw_bars(report, picture)


def _draw_bars(report: Mapping[str, Any], picture: Path) -> None:
    from matplotlib.figure import Figure

    names = [*report["text"]["labels"], "micro", "macro"]
    figure = Figure(figsize=(8, 4), layout="tight")
    axes = figure.add_subplot(ylabel="F1", ylim=(0, 1))
    for offset, metric in ((-0.2, "text"), (0.2, "span")):
        found = report[metric]
        rows = [found["labels"].get(name) or found.get(name) for name in names]
        heights = [row["f1"] if row else 0.0 for row in rows]
        axes.bar([place + offset for place in range(len(names))], heights, 0.4, label=metric)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.legend(loc="lower right")
    axes.set_title(f"{report['model']}, {report['split']}")
    figure.savefig(picture, dpi=120)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
