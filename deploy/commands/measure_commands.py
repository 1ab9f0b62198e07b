"""``nerve adapter``: evaluate through the live service, compare, promote."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy import GATEWAY_URL
from deploy.commands.asked_labels import asked_labels
from deploy.commands.options import (
    Concurrency,
    ConstraintOption,
    Encoding,
    HeldOut,
    KindOption,
    LabelFile,
    LabelledOption,
    LabelledRows,
    LabelOption,
    Model,
    OverlapsOption,
    RowCount,
    Shown,
    SkipBad,
    Split,
    Url,
    read_argument,
    read_option,
    written_option,
)
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings, tell
from deploy.commands.taken import refuse_taken
from deploy.credentials import api_key

if TYPE_CHECKING:
    from adapters.data.examples import Example


EndBias = Annotated[
    float | None,
    typer.Option(
        min=-10,
        max=10,
        metavar="X",
        help="added to the logits of what ends an answer; left out: as the adapter's manifest has",
    ),
]
RawScores = Annotated[
    bool, typer.Option("--raw-scores", help="keep raw scores, for `calibrate --report`")
]
ReportOut = Annotated[Path | None, written_option(help="write the report, as JSON")]
Compared = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="REPORT|MODEL",
        help="a report on the same rows, or a model to evaluate, too",
    ),
]


def evaluate(
    data: LabelledRows,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: RowCount = 0,
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
    split: Split = "",
    model: Model = None,
    label: LabelOption = None,
    labels: LabelFile = None,
    raw_scores: RawScores = False,
    constraint: ConstraintOption = "grounded",
    overlaps: OverlapsOption = "longest",
    end_bias: EndBias = None,
    url: Url = GATEWAY_URL,
    concurrency: Concurrency = 16,
    out: ReportOut = None,
    compare: Compared = None,
    show: Shown = 20,
) -> None:
    """Measure F1 through the live service: every row goes to POST /extract.

    Prints a table for text-set and one for span F1, errors by class, speed and tokens. The report
    holds no text of the rows.
    """
    from rich.console import Console

    from adapters.measuring import report
    from adapters.measuring.live_service import Service
    from deploy.factory.gold import Wanted, gold_rows, split_name
    from deploy.factory.measure import measured, show_comparison

    console = Console()
    wanted = Wanted(data, kind, held_out, rows, skip_bad, encoding)
    with clear_errors():
        if out:
            refuse_taken(out, lambda path: report.is_one(path) and not _is(path, compare))
        asked = asked_labels(label, labels)
        also = [compare] if compare and not Path(compare).is_file() else []
        gold = gold_rows(settings(), wanted, tell, model=model, also=also, asked=asked)
        other = _known(compare, gold)
        service = Service(
            *(url, model, constraint, asked),
            concurrency=concurrency,
            api_key=api_key(),
            raw_scores=raw_scores,
            overlaps=overlaps,
            end_bias=end_bias,
        )
        name = split or split_name(data, held_out)
        found = measured(console, service, gold, name, out)
        if compare:
            other = other or report.measure(replace(service, model=compare), gold, name)
            show_comparison(console, gold, other, found, show)


def _is(path: Path, named: str | None) -> bool:
    return named is not None and Path(named).exists() and path.samefile(named)


def _known(compare: str | None, gold: Sequence["Example"]) -> Mapping[str, Any] | None:
    """The report of that name, if it is one: other rows are found out before the work."""
    from adapters.measuring import report

    if not compare:
        return None
    file = Path(compare)
    if not file.is_file():
        if file.suffix.lower() == ".json" or len(file.parts) > 1:  # no model is called so
            raise typer.BadParameter(f"file {compare!r} does not exist.", param_hint="'--compare'")
        return None
    found = report.load(file)
    report.predictions(found, gold)
    return found


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
