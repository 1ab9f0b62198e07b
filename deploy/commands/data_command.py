"""``nerve adapter data``: labelled rows checked, counted, and written for other trainers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.data.readers import Kind
from adapters.data.writers import Kind as WrittenKind
from deploy.commands.options import (
    Encoding,
    KindOption,
    LabelledRows,
    SkipBad,
    read_option,
    written_option,
)
from deploy.commands.running import clear_errors
from deploy.commands.taken import refuse_taken

if TYPE_CHECKING:
    from rich.console import Console

    from adapters.data.examples import Example
    from adapters.recipe import Recipe


RecipeFile = Annotated[Path | None, read_option(help="recipe with labels, prompt and format")]
Against = Annotated[
    Path | None,
    typer.Option(exists=True, help="rows for evaluation, none of which may stand in DATA"),
]
AgainstKind = Annotated[Kind | None, typer.Option(help="kind of --against")]
AgainstEncoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="encoding of --against; left out: --encoding")
]
To = Annotated[WrittenKind | None, typer.Option(help="write rows to train on, for other trainers")]
RowsOut = Annotated[
    Path | None, written_option(help="where to, with --to; a name that is not taken")
]


def data(
    file: LabelledRows,
    kind: KindOption = "auto",
    encoding: Encoding = "",
    recipe: RecipeFile = None,
    skip_bad: SkipBad = False,
    against: Against = None,
    against_kind: AgainstKind = None,
    against_encoding: AgainstEncoding = None,
    to: To = None,
    out: RowsOut = None,
) -> None:
    """Read labelled rows, check them and count; without --recipe, any label is taken.

    Status 1 when a row is bad, or when --against finds texts that stand in both files.
    """
    from rich.console import Console

    from adapters import recipe as recipes
    from adapters.data import readers
    from deploy.terminal.show_data import show_rows

    if (to is None) != (out is None) or (to is not None and recipe is None):
        raise typer.BadParameter("--to, --out and --recipe go together")
    console = Console()
    with clear_errors():
        if out:
            refuse_taken(out)
        plan = recipes.load(recipe) if recipe else None
        labels = plan.labels if plan else ()
        found = readers.read(file, kind, labels, skip_bad=skip_bad, encoding=encoding)
        show_rows(console, found)
        if plan and to and out:
            _write(console, plan, file, found.examples, to, out)
        if against:
            others = readers.read(
                *(against, against_kind or kind, labels),
                skip_bad=skip_bad,
                encoding=encoding if against_encoding is None else against_encoding,
            )
            raise typer.Exit(_leaked(console, found.examples, others.examples))


def _write(
    console: "Console",
    plan: "Recipe",
    file: Path,
    rows: Sequence["Example"],
    to: WrittenKind,
    out: Path,
) -> None:
    """Those to train on: who measures by the recipe takes the others. Raises DataError."""
    from adapters.data.writers import write
    from adapters.mixing.held_out import parted
    from deploy.terminal.show_data import show_written

    training, held_out = parted(file, rows, plan.data.held_out)
    written = write(out, to, training, plan.labels, plan.template, plan.format)
    show_written(console, out, written, len(training), len(held_out))


def _leaked(console: "Console", rows: Sequence["Example"], against: Sequence["Example"]) -> int:
    """Show the texts that stand in both; the status."""
    from adapters.data.examples import leaked
    from deploy.terminal.show_data import show_leaked

    both = leaked(rows, against)
    show_leaked(console, both, len(against))
    return 1 if both else 0
