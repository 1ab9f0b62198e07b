"""``nerve adapter``: from raw data to a registered adapter. Thin: the work is in ``adapters/``.

The commands that measure and promote are in ``measure_commands.py``.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from adapters.data.readers import Kind
from adapters.data.writers import Kind as WrittenKind
from deploy.commands.calibrate_command import calibrating
from deploy.commands.measure_commands import measuring
from deploy.commands.new_command import beginning
from deploy.commands.options import HELP, HOME, Home, clear_errors, settings
from deploy.commands.report_command import reporting
from deploy.commands.review_command import reviewing

adapter = typer.Typer(
    no_args_is_help=True,
    context_settings=HELP,
    help="Make an adapter: new, data, train, register, try, evaluate, compare, promote, "
    "calibrate, report, review. "
    "The guide is adapters/README.md.",
)

SkipBad = Annotated[bool, typer.Option("--skip-bad", help="count bad rows, go on")]
RecipeFile = Annotated[Path | None, typer.Option(help="recipe with labels, prompt and format")]
Base = Annotated[
    Path | None,
    typer.Option(help="folder of the base model; left out: the one that `nerve pull` brought"),
]


@adapter.command()
def data(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the labelled rows")],
    kind: Annotated[Kind, typer.Option(help="how the rows are written")] = "auto",
    encoding: Annotated[
        str, typer.Option(help="of FILE: utf-8, gb18030, utf-16, …; else as its bytes tell")
    ] = "",
    recipe: RecipeFile = None,
    skip_bad: SkipBad = False,
    against: Annotated[
        Path | None, typer.Option(help="rows for evaluation, none of which may stand in FILE")
    ] = None,
    against_kind: Annotated[Kind | None, typer.Option(help="kind of --against")] = None,
    to: Annotated[WrittenKind | None, typer.Option(help="write rows for other trainers")] = None,
    out: Annotated[Path | None, typer.Option(help="where to, with --to")] = None,
) -> None:
    """Read labelled rows, check them and count; without --recipe, any label is taken.

    Status 1 when a row is bad, or when --against finds texts that stand in both files.
    """
    from rich.console import Console

    from adapters import recipe as recipes
    from adapters.data import readers
    from adapters.data.examples import leaked
    from deploy.terminal.show_data import show_leaked, show_rows, show_written

    if (to is None) != (out is None) or (to is not None and recipe is None):
        raise typer.BadParameter("--to, --out and --recipe go together")
    console = Console()
    with clear_errors():
        plan = recipes.load(recipe) if recipe else None
        labels = plan.labels if plan else ()
        found = readers.read(file, kind, labels, skip_bad=skip_bad, encoding=encoding)
        show_rows(console, found)
        if plan and to and out:
            from adapters.data.writers import write

            rows = write(out, to, found.examples, plan.labels, plan.template, plan.format)
            show_written(console, out, rows, len(found.examples))
        if against:
            others = readers.read(against, against_kind or kind, labels, skip_bad=skip_bad)
            both = leaked(found.examples, others.examples)
            show_leaked(console, both, len(others.examples))
            raise typer.Exit(1 if both else 0)


@adapter.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="recipe.toml")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="the labelled rows; of a recipe with sources, a folder"
        ),
    ],
    kind: Annotated[Kind, typer.Option(help="how the rows are written")] = "auto",
    skip_bad: SkipBad = False,
    work: Annotated[
        Path | None,
        typer.Option(help="for checkpoints, log, weights; else HOME/training/(recipe's folder)"),
    ] = None,
    base: Base = None,
    home: Home = HOME,
) -> None:
    """Train a LoRA adapter as a recipe says; the same command goes on after a stop or a kill."""
    from rich.console import Console

    from adapters import recipe as recipes
    from deploy.factory import trainer

    console = Console(stderr=True)
    with clear_errors():
        plan = recipes.load(recipe)
        folder = base or trainer.base_folder(home, plan.base)
        python = trainer.trainer_python(home, console.print)
        work = work or home / "training" / recipe.absolute().parent.name
        console.print(f"training in {work}", soft_wrap=True)
        try:
            options = ["--kind", kind, *(["--skip-bad"] if skip_bad else [])]
            status = trainer.run(python, "train", recipe, file, folder, work, *options)
        except (KeyboardInterrupt, trainer.TrainerFailed):
            console.print("stopped; the same command goes on from the last checkpoint")
            raise
    raise typer.Exit(status)


@adapter.command()
def register(
    trained: Annotated[Path, typer.Argument(help="the work folder of `train`, or its adapter/")],
    name: Annotated[str, typer.Argument(help="the adapter's name")],
    recipe: Annotated[
        Path | None, typer.Option(help="else recipe.toml beside the weights, or in its folder")
    ] = None,
    report: Annotated[
        list[Path] | None, typer.Option(help="report of `evaluate` for the card; repeatable")
    ] = None,
    trained_on: Annotated[
        str, typer.Option("--data", help="what it was trained on, in a few words")
    ] = "",
    licence: Annotated[str, typer.Option(help="the data's licence")] = "",
    notes: Annotated[
        Path | None,
        typer.Option(help="Markdown for the card; else notes.md in its folder"),
    ] = None,
    home: Home = HOME,
) -> None:
    """Put trained weights into the adapters folder, with manifest, card, log and figures."""
    from adapters.measuring import report as reports
    from adapters.registering.register import register as put
    from adapters.registering.trained import recipe_of, weights_of
    from deploy.factory.figures import beside

    with clear_errors(), tempfile.TemporaryDirectory() as drawn:
        folder = settings().adapters / name
        notes = notes or folder / "notes.md"
        weights = weights_of(trained)
        found = put(
            weights,
            recipe or recipe_of(weights, folder),
            folder.parent,
            name,
            reports=[reports.load(path) for path in report or ()],
            data=trained_on,
            licence=licence,
            notes=notes.read_text(encoding="utf-8") if notes.exists() else "",
            beside=beside(home, weights, report or (), Path(drawn), typer.echo),
        )
        typer.echo(f"{found.name}: {found.folder} (in the engine: {found.engine_name})")


@adapter.command()
def average(
    out: Annotated[Path, typer.Argument(help="folder for the mean; `register` takes it")],
    trained: Annotated[
        list[Path], typer.Argument(help="two or more: work folders of `train`, or adapters")
    ],
    home: Home = HOME,
) -> None:
    """The mean of adapters' weights: sometimes better than each."""
    from adapters.registering.trained import weights_of
    from deploy.factory import trainer

    with clear_errors():
        python = trainer.trainer_python(home, typer.echo)
        status = trainer.run(python, "average", out, *map(weights_of, trained))
    raise typer.Exit(status)


@adapter.command("try")
def try_(
    which: Annotated[str, typer.Argument(metavar="ADAPTER", help="its name, or its folder")],
    text: Annotated[list[str], typer.Argument(help="one text or more")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a text")] = False,
    base: Base = None,
    home: Home = HOME,
) -> None:
    """Find entities without vLLM and without a grammar: is the model at fault, or the serving?"""
    from rich.console import Console

    from deploy.factory import trainer
    from deploy.terminal.show import show_answer
    from service.models.manifest import load

    console = Console()
    with clear_errors():
        folder = Path(which) if Path(which).is_dir() else settings().adapters / which
        model = base or trainer.base_folder(home, load(folder.absolute()).base)
        with console.status("loading the model and answering") as status:
            python = trainer.trainer_python(home, status.update)
            answers = trainer.answers(python, folder, model, text)
    for one, answer in zip(text, answers, strict=True):
        if as_json:
            console.print_json(data=answer)
        else:
            show_answer(console, one, answer)
            console.print(f"completion: {answer['completion']!r}", style="dim", markup=False)


# Without a name: its commands stand beside those above.
adapter.add_typer(beginning)
adapter.add_typer(measuring)
adapter.add_typer(calibrating)
adapter.add_typer(reporting)
adapter.add_typer(reviewing)
