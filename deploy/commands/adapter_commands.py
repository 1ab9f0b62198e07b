"""``nerve adapter``: from raw data to a registered adapter. Thin: the work is in ``adapters/``."""

import typer

from deploy.commands.calibrate_command import calibrate
from deploy.commands.compare_commands import compare, promote
from deploy.commands.data_command import data
from deploy.commands.evaluate_command import evaluate
from deploy.commands.new_command import new
from deploy.commands.report_command import report
from deploy.commands.review_command import review
from deploy.commands.running import HELP
from deploy.commands.train_commands import average, register, train, try_

adapter = typer.Typer(
    no_args_is_help=True,
    context_settings=HELP,
    help="Make an adapter, from labelled rows to the new default. The guide is adapters/README.md.",
)

# As they are listed: in the order of the work.
for command in (data, new, train, average, register, evaluate, compare, report, calibrate, promote):
    adapter.command()(command)
adapter.command("try")(try_)
adapter.command()(review)
