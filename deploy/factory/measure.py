"""Gold rows for a measurement, and its report on a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from adapters import recipe
from adapters.data.examples import Example, label_counts, split
from adapters.data.readers import DataError, Kind, read
from adapters.measuring.report import changed, difference
from adapters.measuring.report_text import (
    headline,
    shown_change,
    shown_difference,
    summary,
    table,
)
from adapters.measuring.score import Metric
from service.models import names
from service.models.manifest import FILE_NAME, load
from service.models.served import Served
from service.ner.types import Label
from service.settings import Settings


def gold_rows(
    settings: Settings,
    file: Path,
    kind: Kind,
    held_out: int,
    rows: int,
    *,
    model: str | None,
    asked: Sequence[Label] = (),
) -> list[Example]:
    """The rows of ``file`` that are measured; 0 is no limit, ``asked`` are the labels asked for.

    Labels are those of the adapter ``model`` if it is in the adapters folder and has to do with
    what is asked, else the file's own. Raises DataError, also when no row or nothing that is asked
    for is left, or when more are to be held out than the adapter's recipe says: it was trained on
    those.
    """
    folder = _folder(settings, model)
    _refuse_trained_on(folder, held_out)
    known = _labels(folder, asked) or (asked if kind == "alpaca" else ())
    found = read(file, kind, known).examples
    found = split(found, held_out)[1] if held_out else found
    if not found:
        raise DataError(f"{file}: no rows to measure on")
    return _only(file, found, asked)[: rows or None] if asked else found[: rows or None]


def _labels(folder: Path, asked: Sequence[Label]) -> tuple[Label, ...]:
    """Those of the adapter in ``folder``; none if there is none, or if it does not answer for what
    is asked: it takes any labels, or does not take these."""
    if not (folder / FILE_NAME).is_file():
        return ()
    served = Served.tuned(load(folder))
    is_its = not served.is_open and served.takes([label.name for label in asked])
    return served.labels if is_its else ()


def _only(file: Path, found: Sequence[Example], asked: Sequence[Label]) -> list[Example]:
    """What is asked for, by its name; rows may have the name that people call it by."""
    names = {label.written: label.name for label in asked} | {one.name: one.name for one in asked}
    kept = [
        Example(
            example.text,
            tuple(replace(e, label=names[e.label]) for e in example.entities if e.label in names),
        )
        for example in found
    ]
    if not any(example.entities for example in kept):
        there = ", ".join(label_counts(found)) or "none"
        raise DataError(f"{file}: nothing that is asked for ({', '.join(names)}); it has {there}")
    return kept


def split_name(file: Path, held_out: int) -> str:
    """What these rows are called in reports where nobody gave them a name."""
    return file.stem + (f", {held_out} rows held out" if held_out else "")


def _folder(settings: Settings, model: str | None) -> Path:
    """Where the adapter of that name, or alias, would be."""
    named = names.read(settings.adapters)
    return settings.adapters / (named.resolved(model or settings.default_model) or "")


def _refuse_trained_on(folder: Path, held_out: int) -> None:
    file = folder / recipe.FILE_NAME
    most = recipe.load(file).data.held_out if held_out and file.is_file() else held_out
    if held_out > most:
        raise DataError(
            f"{held_out} rows held out: {folder.name} was trained on all but {most} ({file}); "
            f"expected up to {most}"
        )


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
        console.print(Text(shown_change(one)), soft_wrap=True)
