"""Labelled rows on a terminal: how many, of which labels, what was wrong."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.data.examples import Example, label_counts
from adapters.data.readers import Read
from adapters.data.repeats import Repeats
from deploy.terminal.seen import seen

SHOWN = 5


def show_rows(console: Console, found: Read) -> None:
    """Numbers of rows and labels, and the first complaints."""
    rows = found.examples
    longest = max((len(row.text) for row in rows), default=0)
    empty = sum(not row.entities for row in rows)
    console.print(f"read as {found.kind}", soft_wrap=True, markup=False)
    console.print(
        f"{len(rows)} rows, {empty} of them without an entity; longest text {longest} characters; "
        f"{len(found.skipped)} bad rows skipped",
        soft_wrap=True,
    )
    _show_first(console, found.skipped)
    if found.not_accepted:
        console.print(
            f"{len(found.not_accepted)} rows left out: their annotators did not accept them"
        )
        _show_first(console, found.not_accepted)
    for line in repeated(rows):
        console.print(line, soft_wrap=True)
    if found.unreachable:
        console.print(f"{len(found.unreachable)} gold entities can never come out")
        _show_first(console, found.unreachable)
    counts = label_counts(rows)
    table = Table("label", "entities")
    for label in sorted(counts):
        table.add_row(Text(seen(label)), str(counts[label]))
    table.add_row("all", str(counts.total()))
    console.print(table)


def repeated(rows: Sequence[Example]) -> list[str]:
    """That some of them have a text which another has, if so."""
    found = Repeats.of(rows)
    if not found.rows:
        return []
    return [
        f"{found.rows} rows repeat the text of an earlier one, {found.contradicting} of them with "
        "other gold"
    ]


def show_written(console: Console, path: Path, rows: int, of: int, held_out: int = 0) -> None:
    """How many rows were written, how many the recipe holds out, and how many the format had no way
    to write."""
    console.print(Text(f"{rows} rows written to {path}"), soft_wrap=True)
    if held_out:
        console.print(f"{held_out} rows left out: the recipe holds them out, to measure on")
    if rows < of:
        console.print(
            f"{of - rows} rows left out: their mentions overlap, and cannot be written so"
        )


def show_leaked(console: Console, texts: Sequence[str], of: int) -> None:
    """How many texts for evaluation were seen in training, and the first of them."""
    console.print(f"leakage: {len(texts)} of the {of} texts for evaluation stand in both files")
    _show_first(console, texts)


def _show_first(console: Console, lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        console.print(Text(f"  {seen(line)}"), soft_wrap=True)
    if len(lines) > SHOWN:
        console.print(f"  … and {len(lines) - SHOWN} more")
