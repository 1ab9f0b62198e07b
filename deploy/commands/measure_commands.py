"""``nerve adapter``: evaluate through the live service, compare, promote."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.data.readers import Kind
from deploy import GATEWAY_URL
from deploy.commands.label_files import labels_of
from deploy.commands.options import HOME, Home, Url, clear_errors, settings
from deploy.credentials import api_key
from service.ner.types import Constraint, Overlaps

if TYPE_CHECKING:
    from rich.console import Console

    from adapters.data.examples import Example
    from service.ner.types import Label

measuring = typer.Typer()

Gold = Annotated[Path, typer.Argument(metavar="DATA", help="the labelled rows")]
GoldOption = Annotated[Path, typer.Option("--data", help="the labelled rows of both reports")]
KindOption = Annotated[Kind, typer.Option(help="how the rows are written")]
HeldOut = Annotated[
    int,
    typer.Option(
        metavar="N", help="of a training file, the N rows that the recipe holds out (0: all rows)"
    ),
]
Rows = Annotated[int, typer.Option(metavar="N", help="the first N of these rows only (0: all)")]
Split = Annotated[str, typer.Option(help="these rows' name; else the file's")]
ConstraintOption = Annotated[Constraint, typer.Option(help="what the engine is held to")]
OverlapsOption = Annotated[
    Overlaps, typer.Option(help="all: nested and overlapping entities count, too")
]
EndBias = Annotated[
    float | None,
    typer.Option(help="added to the logits of what ends an answer; else as the adapter's manifest"),
]
SideBySide = Annotated[int, typer.Option(min=1, help="sentences at a time")]
LabelOption = Annotated[
    list[str] | None,
    typer.Option(help="ask for this label only, NAME or NAME=DESCRIPTION; repeatable"),
]
LabelFile = Annotated[
    Path | None,
    typer.Option(
        help="ask for the labels of this file (JSON or TOML): id → name, description; or of "
        "Label Studio's labelling config (.xml)"
    ),
]
Shown = Annotated[int, typer.Option(metavar="N", help="how many changed sentences to show")]


@measuring.command()
def evaluate(
    data: Gold,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: Rows = 0,
    split: Split = "",
    model: Annotated[str | None, typer.Option(help="adapter or base; else the default")] = None,
    label: LabelOption = None,
    labels: LabelFile = None,
    raw_scores: Annotated[
        bool, typer.Option("--raw-scores", help="keep raw scores, for `calibrate --report`")
    ] = False,
    constraint: ConstraintOption = "grounded",
    overlaps: OverlapsOption = "longest",
    end_bias: EndBias = None,
    url: Url = GATEWAY_URL,
    side_by_side: SideBySide = 16,
    out: Annotated[Path | None, typer.Option(help="write the report, as JSON")] = None,
    figure: Annotated[Path | None, typer.Option(help="draw F1 by label, as PNG")] = None,
    compare: Annotated[
        str | None, typer.Option(help="a report on the same rows, or a model to evaluate too")
    ] = None,
    show: Shown = 20,
    home: Home = HOME,
) -> None:
    """Measure F1 through the live service: every row goes to POST /extract.

    Prints a table for text-set and one for span F1, errors by class, speed and tokens. The report
    holds no text of the rows.
    """
    from rich.console import Console

    from adapters.measuring import report
    from adapters.measuring.evaluate import Service
    from deploy.factory.measure import gold_rows, show_comparison, show_report, split_name

    console = Console()
    with clear_errors():
        asked = asked_labels(label, labels)
        gold = gold_rows(settings(), data, kind, held_out, rows, model=model, asked=asked)
        other = _known(compare, gold)
        service = Service(
            *(url.rstrip("/"), model, constraint, asked),
            side_by_side=side_by_side,
            api_key=api_key(),
            raw_scores=raw_scores,
            overlaps=overlaps,
            end_bias=end_bias,
        )
        name = split or split_name(data, held_out)
        found = report.measure(service, gold, name)
        show_report(console, found)
        _keep(found, out, figure, home, console)
        if compare:
            other = other or report.measure(replace(service, model=compare), gold, name)
            show_comparison(console, gold, other, found, show)


def asked_labels(label: Sequence[str] | None, file: Path | None) -> tuple["Label", ...]:
    """What ``--label`` and ``--labels`` say, none for all of the model's; raises DataError."""
    from service.ner.types import Label

    if file is None:
        parts = (one.partition("=") for one in label or ())
        return tuple(Label(name, name, said) for name, _, said in parts)
    if label:
        raise typer.BadParameter("--label and --labels: expected one of them")
    return labels_of(file)


def _known(compare: str | None, gold: Sequence["Example"]) -> Mapping[str, Any] | None:
    """The report of that name, if it is one: other rows are found out before the work."""
    from adapters.measuring import report

    if not compare or not Path(compare).is_file():
        return None
    found = report.load(Path(compare))
    report.predictions(found, gold)
    return found


def _keep(
    found: Mapping[str, Any], out: Path | None, figure: Path | None, home: Path, console: "Console"
) -> None:
    """Write the report, and the picture, which is drawn from a file."""
    from adapters.measuring import report
    from deploy.factory.figures import bars

    with tempfile.TemporaryDirectory() as folder:
        kept = out or Path(folder) / "report.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        report.save(found, kept)
        if figure:
            bars(home, kept, figure, console.print)


@measuring.command()
def compare(
    old: Annotated[Path, typer.Argument(help="report of `evaluate`")],
    new: Annotated[Path, typer.Argument(help="report of `evaluate` on the same rows")],
    data: GoldOption,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: Rows = 0,
    label: LabelOption = None,
    labels: LabelFile = None,
    show: Shown = 20,
) -> None:
    """The difference of two reports, with its 95 % interval, and the sentences that changed."""
    from rich.console import Console

    from adapters.measuring import report
    from deploy.factory.measure import gold_rows, show_comparison

    with clear_errors():
        before, after = report.load(old), report.load(new)
        name, asked = after["model"], asked_labels(label, labels)
        gold = gold_rows(settings(), data, kind, held_out, rows, model=name, asked=asked)
        show_comparison(Console(), gold, before, after, show)


@measuring.command()
def promote(
    name: Annotated[str, typer.Argument(help="a registered adapter")],
    new: Annotated[Path, typer.Option(help="its report")],
    data: GoldOption,
    old: Annotated[
        Path | None,
        typer.Option(help="the default's report, if there is a default"),
    ] = None,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: Rows = 0,
) -> None:
    """Make an adapter the default if it is no worse: lower 95 % bound of the F1 gain above -0.01.

    Status 1, with the reason, when it is not.
    """
    from adapters.measuring import report
    from adapters.registering.promote import promote as decide
    from deploy.factory.measure import gold_rows
    from service.models.manifest import load

    with clear_errors():
        found = settings()
        version = load(found.adapters / name).version
        gold = gold_rows(found, data, kind, held_out, rows, model=name)
        before = report.load(old) if old else None
        verdict = decide(found.adapters, name, gold, before, report.load(new), version)
        typer.echo(verdict.reason)
    raise typer.Exit(0 if verdict.promoted else 1)
