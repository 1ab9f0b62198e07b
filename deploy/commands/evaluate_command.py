"""``nerve adapter evaluate``: through the live service."""

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
    LabelledRows,
    LabelOption,
    Model,
    OverlapsOption,
    RowCount,
    Shown,
    SkipBad,
    Split,
    Url,
    written_option,
)
from deploy.commands.running import clear_errors, settings, tell
from deploy.commands.taken import refuse_taken
from deploy.credentials import api_key

if TYPE_CHECKING:
    from adapters.data.examples import Example
    from adapters.measuring.live_service import Service
    from deploy.factory.gold import Wanted


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
    from adapters.measuring.live_service import Service
    from deploy.factory.gold import Wanted, split_name

    wanted = Wanted(data, kind, held_out, rows, skip_bad, encoding)
    with clear_errors():
        service = Service(
            *(url, model, constraint, asked_labels(label, labels)),
            concurrency=concurrency,
            api_key=api_key(),
            raw_scores=raw_scores,
            overlaps=overlaps,
            end_bias=end_bias,
        )
        _measure(service, wanted, split or split_name(data, held_out), out, compare, show)


def _measure(
    service: "Service",
    wanted: "Wanted",
    name: str,
    out: Path | None,
    compare: str | None,
    show: int,
) -> None:
    """Show the report, write it to ``out``, and show ``compare`` beside it."""
    from rich.console import Console

    from adapters.measuring import report
    from deploy.factory.gold import gold_rows
    from deploy.factory.measure import measured, show_comparison

    if out:
        refuse_taken(out, lambda path: report.is_one(path) and not _is(path, compare))
    console = Console()
    also = [compare] if compare and not Path(compare).is_file() else []
    gold = gold_rows(settings(), wanted, tell, model=service.model, also=also, asked=service.labels)
    other = _known(compare, gold)
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
