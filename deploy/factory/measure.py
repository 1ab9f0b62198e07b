"""A measurement on a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from adapters.data.examples import Example
from adapters.measuring.live_service import Service
from adapters.measuring.report import changed, difference, measure, save
from adapters.measuring.report_text import (
    headline,
    shown_change,
    shown_difference,
    summary,
    table,
)
from adapters.measuring.score import Metric
from deploy.terminal.seen import seen


def measured(
    console: Console, service: Service, gold: Sequence[Example], name: str, out: Path | None
) -> dict[str, Any]:
    """The report of ``service`` on ``gold``, whose name is ``name``: saved as ``out``, and shown in
    any case. Raises as ``measure`` and ``save``."""
    found = measure(service, gold, name)
    try:
        if out:
            save(found, out)
    finally:
        show_report(console, found)
    return found


def show_report(console: Console, found: Mapping[str, Any]) -> None:
    """Both tables, then what they do not say."""
    metrics: tuple[Metric, ...] = ("text", "span")
    for metric in metrics:
        console.print(Text(headline(found, metric)), soft_wrap=True)
        console.print(table(found, metric))
    console.print(Text(summary(found)), soft_wrap=True)


def show_comparison(
    console: Console,
    gold: Sequence[Example],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    most: int,
) -> None:
    """The paired differences, and the first ``most`` sentences that changed; raises ReportError."""
    console.print(Text(f"old: {old['model']}, new: {new['model']}, {len(gold)} sentences"))
    console.print(shown_difference("text", difference(gold, old, new, "text")))
    console.print(shown_difference("span", difference(gold, old, new, "span")))
    others = changed(gold, old, new)
    shown = f"the first {most} of them" if len(others) > most else "all of them"
    console.print(f"{len(others)} sentences changed" + (f", {shown}:" if others else ""))
    for one in others[:most]:
        console.print(Text(seen(shown_change(one))), soft_wrap=True)
