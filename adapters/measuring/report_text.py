"""A report, and the comparison of two, as a person reads them at a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from adapters.measuring.report import Changed
from adapters.measuring.score import Difference, Metric


def headline(found: Mapping[str, Any], metric: Metric) -> str:
    """Which model, which rows, which metric, and the figure that counts."""
    low, high = found[metric]["interval"]
    return (
        f"{found['model']}, {found['split']}, {found['constraint']}, {metric}: micro F1 "
        f"{found[metric]['micro']['f1']:.4f} (95 % from {low:.4f} to {high:.4f})"
    )


def table(found: Mapping[str, Any], metric: Metric) -> Table:
    """label, precision, recall, F1, support; micro and macro rows below."""
    measured = found[metric]
    shown = Table("label", "precision", "recall", "F1", "support")
    for name, row in [*measured["labels"].items(), *((k, measured[k]) for k in ("micro", "macro"))]:
        numbers = (f"{row[key]:.4f}" for key in ("precision", "recall", "f1"))
        shown.add_row(Text(name), *numbers, str(row["support"]))
    return shown


def summary(found: Mapping[str, Any]) -> str:
    """What the tables do not say: wrong spans by class, what was dropped and why, speed, tokens."""
    wrong, dropped = _listed(found["errors"]), _listed(found["dropped"])
    speed = found["sentences_per_second"]
    nested = found.get("overlapping", 0)
    return "\n".join(
        (
            *([_nested(nested, found["overlaps"])] if nested else []),
            f"errors (spans)        {wrong}",
            f"dropped (mentions)    {dropped or 'none'}; truncated completions: "
            f"{found['truncated']}",
            f"sentences per second  {'-' if speed is None else speed}",
            f"tokens per sentence   {found['completion_tokens_per_sentence']} (completion)",
        )
    )


def _nested(number: int, overlaps: str) -> str:
    said = "asked for" if overlaps == "all" else "not asked for (--overlaps all): most are missed"
    return f"nested gold           {number} entities overlap another; overlaps were {said}"


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def shown_difference(metric: Metric, found: Difference) -> str:
    """New minus old, in one line."""
    low, high = found.interval
    return f"{metric} F1, new - old: {found.f1:+.4f} (95 % from {low:+.4f} to {high:+.4f})"


def shown_change(one: Changed) -> str:
    """The sentence; with - what only the old system found, with + what only the new one did."""
    lines = [one.gold.text]
    for sign, here, there in (("-", one.old, one.new), ("+", one.new, one.old)):
        lines += [
            f"  {sign} {e.start}–{e.end}  {e.label}  {one.gold.text[e.start : e.end]}  "
            f"({'right' if e in one.gold.entities else 'wrong'})"
            for e in here.entities
            if e not in there.entities
        ]
    return "\n".join(lines)
