"""``nerve adapter calibrate``: from the live service's raw scores to a table in the manifest."""

from pathlib import Path
from typing import Annotated

import typer

from deploy import GATEWAY_URL
from deploy.commands.asked_labels import asked_labels
from deploy.commands.options import (
    HOME,
    Concurrency,
    ConstraintOption,
    Encoding,
    HeldOut,
    Home,
    KindOption,
    LabelFile,
    LabelOption,
    RowCount,
    SkipBad,
    Split,
    Url,
    read_option,
)
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings, tell
from deploy.credentials import api_key

Calibrated = Annotated[
    str, typer.Option(metavar="NAME", help="the adapter, as in the adapters folder")
]
Rows = Annotated[Path | None, typer.Argument(exists=True, metavar="DATA", help="the labelled rows")]
Reports = Annotated[
    list[Path] | None,
    read_option(
        "--report",
        metavar="REPORT",
        help="in place of DATA: report of `evaluate --raw-scores`; repeatable",
    ),
]
Biases = Annotated[
    list[float] | None,
    typer.Option(
        min=-10,
        max=10,
        metavar="X",
        help="try this bias, and thresholds; the best go into the manifest; repeatable",
    ),
]


def calibrate(
    model: Calibrated,
    data: Rows = None,
    report: Reports = None,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: RowCount = 0,
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
    split: Split = "",
    label: LabelOption = None,
    labels: LabelFile = None,
    constraint: ConstraintOption = "grounded",
    end_bias: Biases = None,
    url: Url = GATEWAY_URL,
    concurrency: Concurrency = 16,
    home: Home = HOME,
) -> None:
    """Calibrate an adapter's scores: every row goes to POST /extract, for raw scores.

    Take rows that it was not trained on: a score becomes how likely an entity is to be right. The
    calibration goes into its manifest and on its card, with two pictures; a gateway that looks at
    the folder has it at once. Each --end-bias is asked for beside 0, and what finds most, with a
    threshold, becomes what requests get that do not say; nothing does if it gains nothing on rows
    that it was not chosen on.
    """
    from adapters.measuring.live_service import Service
    from deploy.factory import calibration
    from deploy.factory.gold import Wanted, gold_rows, split_name
    from deploy.factory.trainer import trainer_python

    if (data is None) == (not report):
        raise typer.BadParameter("DATA and --report: expected one of them")
    if report and end_bias:
        raise typer.BadParameter("--end-bias with --report: a report has the bias of its own")
    with clear_errors():
        found = settings()
        adapter = registered(found.adapters, model)
        # Before the work, not after: what is missing is found out now.
        python = trainer_python(home, typer.echo)
        if data is None:
            observed, name = calibration.reported(adapter, constraint, report or ())
        else:
            wanted = Wanted(data, kind, held_out, rows, skip_bad, encoding)
            service = Service(
                *(url, model, constraint, asked_labels(label, labels)),
                api_key=api_key(),
                concurrency=concurrency,
                raw_scores=True,
            )
            name = split or split_name(data, held_out)
            gold = gold_rows(found, wanted, tell, model=model, asked=service.labels)
            observed = calibration.asked_with(adapter, service, gold, name, end_bias or ())
        result = calibration.put(python, adapter, constraint, observed, split or name)
        typer.echo(calibration.said(model, constraint, result))
