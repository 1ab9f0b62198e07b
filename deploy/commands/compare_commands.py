"""``nerve adapter compare`` and ``promote``: what two reports on the same rows say."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.asked_labels import asked_labels
from deploy.commands.options import (
    Encoding,
    HeldOut,
    KindOption,
    LabelFile,
    LabelledOption,
    LabelOption,
    RowCount,
    Shown,
    SkipBad,
    read_argument,
    read_option,
)
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings, tell


def compare(
    old: Annotated[Path, read_argument(metavar="OLD", help="report of `evaluate`")],
    new: Annotated[Path, read_argument(metavar="NEW", help="report on the same rows")],
    data: LabelledOption,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: RowCount = 0,
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
    label: LabelOption = None,
    labels: LabelFile = None,
    show: Shown = 20,
) -> None:
    """Compare two reports: the difference in F1, with its 95 % interval, and what changed."""
    from rich.console import Console

    from adapters.measuring import report
    from deploy.factory.gold import Wanted, gold_rows
    from deploy.factory.measure import show_comparison

    wanted = Wanted(data, kind, held_out, rows, skip_bad, encoding)
    with clear_errors():
        before, after = report.load(old), report.load(new)
        name, asked = after["model"], asked_labels(label, labels)
        gold = gold_rows(settings(), wanted, tell, model=name, asked=asked)
        show_comparison(Console(), gold, before, after, show)


def promote(
    name: Annotated[str, typer.Argument(metavar="NAME", help="a registered adapter")],
    new: Annotated[Path, read_option(help="its report")],
    data: LabelledOption,
    old: Annotated[
        Path | None, read_option(help="the default's report, if there is a default")
    ] = None,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: RowCount = 0,
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
    label: LabelOption = None,
    labels: LabelFile = None,
) -> None:
    """Make an adapter the default if it is no worse: lower 95 % bound of the F1 gain above -0.01.

    Status 1, with the reason, when it is not.
    """
    from adapters.measuring import report
    from adapters.registering.promote import promote as decide
    from deploy.factory.gold import Wanted, gold_rows

    wanted = Wanted(data, kind, held_out, rows, skip_bad, encoding)
    with clear_errors():
        found = settings()
        version = registered(found.adapters, name).version
        asked = asked_labels(label, labels)
        gold = gold_rows(found, wanted, tell, model=name, asked=asked)
        before = report.load(old) if old else None
        after = report.load(new)
        verdict = decide(
            *(found.adapters, name, gold, before, after, version), base=found.base_model
        )
        typer.echo(verdict.reason)
    raise typer.Exit(0 if verdict.promoted else 1)
