"""The training curve, from the trainer's log.jsonl."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.measuring.report import ReportError
from deploy.report.axes import Axes, Scale
from deploy.report.markup import curve, dot, key, paragraph, picture, section
from service.wire.wording import why_unusable

WIDTH, HEIGHT, MEAN = 760, 340, 20
# More points than this do not show.
MOST = 1500


def read_log(path: Path) -> list[dict[str, Any]]:
    """A row a step; raises ReportError."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        steps = [(row["step"], row["loss"]) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise ReportError(
            f"{path}: not a log of `nerve adapter train`: {why_unusable(exc)}"
        ) from exc
    if not all(loss > 0 for _, loss in steps):
        raise ReportError(f"{path}: a loss that is not above 0")
    return rows


def training(rows: Sequence[Mapping[str, Any]]) -> str:
    """The section: the loss of each step, its running mean, and the validation loss."""
    if len(rows) < 2:
        return section("Training", paragraph("There is no training log (--log log.jsonl)."))
    losses = [row["loss"] for row in rows]
    means = [_mean(losses[max(0, end - MEAN) : end]) for end in range(1, len(losses) + 1)]
    checked = [(row["step"], row["validation_loss"]) for row in rows if "validation_loss" in row]
    return section(
        "Training",
        key(
            ("faint", "loss of a step"),
            ("text", f"mean of {MEAN} steps"),
            *([("span", "validation")] if checked else []),
        ),
        _picture([row["step"] for row in rows], losses, means, checked),
        paragraph(_said(rows, means, checked)),
    )


def _picture(
    steps: Sequence[int],
    losses: Sequence[float],
    means: Sequence[float],
    checked: Sequence[tuple[int, float]],
) -> str:
    every = -(-len(steps) // MOST)
    axes = _axes(steps[-1], [*losses, *(loss for _, loss in checked)])

    def through(values: Sequence[float], class_: str) -> str:
        pairs = list(zip(steps, values, strict=True))[::every]
        return curve((axes.at(*pair) for pair in pairs), class_)

    return picture(
        *(WIDTH, HEIGHT, "Training loss over the steps"),
        axes.drawn("step", "loss (nats a learned token)"),
        through(losses, "faint"),
        through(means, "text"),
        curve((axes.at(*pair) for pair in checked), "span"),
        *(dot(axes.at(*pair), "span", f"step {pair[0]}: {pair[1]:.4f}") for pair in checked),
    )


def _axes(steps: int, losses: Sequence[float]) -> Axes:
    x = Scale(0, steps, 56, WIDTH - 16)
    return Axes(x, Scale(min(losses) * 0.9, max(losses) * 1.1, HEIGHT - 48, 30, logarithmic=True))


def _said(
    rows: Sequence[Mapping[str, Any]],
    means: Sequence[float],
    checked: Sequence[tuple[int, float]],
) -> str:
    last = f"{rows[-1]['step']} steps; the mean at the end {means[-1]:.4f}"
    if not checked:
        return f"{last}."
    step, loss = checked[-1]
    return f"{last}; the validation loss {loss:.4f} at step {step}."


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
