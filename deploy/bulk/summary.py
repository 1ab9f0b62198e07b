"""What is said at the end of a run, however it ended."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.bulk.files import Files
from deploy.bulk.output import Output
from deploy.terminal.seen import seen


@dataclass(frozen=True, slots=True)
class Run:
    """``total`` rows of the input; ``tried`` ones of this run, in so many seconds; ``is_refused``:
    what ended it would end it again."""

    total: int
    tried: int
    seconds: float
    is_refused: bool = False


def show(console: Console, files: Files, output: Output, run: Run) -> None:
    """Entities by label and rows, of all runs; the rate is of this one."""
    table = Table("label", "entities")
    for label, count in sorted(output.labels.items()):
        table.add_row(Text(seen(label)), str(count))
    table.add_row("all", str(output.labels.total()))
    console.print(table)
    failures = f", see {output.failed_path}" if output.failed else ""
    said = [
        f"{len(output.done)} of {run.total} rows done, {len(output.failed)} failed{failures}; "
        f"this run: {run.tried} rows, {run.tried / max(run.seconds, 1e-9):.1f} rows/s"
    ]
    left = run.total - len(output.done) - len(output.failed)
    if left and files.state.exists() and not run.is_refused:
        later = "" if files.rows == files.out else f", then writes {files.out}"
        said.append(f"the same command goes on with the {left} that are left{later}")
    for line in said:
        console.print(Text(line), soft_wrap=True)
