"""``nerve adapter report``: an evaluation as one HTML page."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import read_argument, read_option, written_option
from deploy.commands.running import clear_errors, settings


def report(
    found: Annotated[Path, read_argument(metavar="REPORT", help="report of `evaluate`")],
    compare: Annotated[
        Path | None, read_option(metavar="OLD", help="another report on the same rows")
    ] = None,
    log: Annotated[
        Path | None,
        read_option(help="the trainer's log.jsonl; left out: the adapter's, if it has one"),
    ] = None,
    out: Annotated[
        Path | None, written_option(help="the page; left out: REPORT with .html")
    ] = None,
) -> None:
    """Write an evaluation as one HTML page: F1 by label, confusion, scores, training, comparison.

    It asks no other address and runs no script, so it can be mailed.
    """
    from adapters.measuring import report as reports
    from adapters.training.work_folder import LOG
    from deploy.commands.taken import refuse_taken
    from deploy.report.page import is_one, page, save
    from deploy.report.training import read_log

    written = out or found.with_suffix(".html")
    with clear_errors():
        refuse_taken(written, is_one)
        now = reports.load(found)
        before = reports.load(compare) if compare else None
        beside = settings().adapters / Path(str(now.get("model"))).name / LOG
        source = log or (beside if beside.is_file() else None)
        save(page(now, before, read_log(source) if source else ()), written)
        typer.echo(written)
