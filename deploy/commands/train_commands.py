"""``nerve adapter train``, ``average``, ``register``, ``try``: from a recipe to an adapter."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import (
    HOME,
    AsJson,
    Base,
    Encoding,
    Home,
    KindOption,
    NewName,
    SkipBad,
    read_argument,
    read_option,
)
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings
from deploy.commands.taken import refuse_taken_name

Trained = typer.Argument(
    exists=True,
    file_okay=False,
    metavar="TRAINED",
    help="the work folder of `train`, or its adapter/",
)


def train(
    recipe: Annotated[Path, read_argument(metavar="RECIPE", help="recipe.toml")],
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            metavar="DATA",
            help="the labelled rows; of a recipe with sources, a folder",
        ),
    ],
    kind: KindOption = "auto",
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
    work: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="for checkpoints, log, weights; left out: HOME/training/(recipe's folder)",
        ),
    ] = None,
    base: Base = None,
    home: Home = HOME,
) -> None:
    """Train a LoRA adapter as a recipe says; the same command goes on after a stop or a kill."""
    from rich.console import Console
    from rich.text import Text

    from adapters import recipe as recipes
    from deploy.factory import trainer

    console = Console(stderr=True)
    with clear_errors():
        plan = recipes.load(recipe)
        folder = base or trainer.base_folder(home, plan.base)
        python = trainer.trainer_python(home, console.print)
        work = work or home / "training" / recipe.absolute().parent.name
        console.print(Text(f"training in {work}"), soft_wrap=True)
        try:
            options = ["--kind", kind, *(["--skip-bad"] if skip_bad else [])]
            options += ["--encoding", encoding] if encoding else []
            status = trainer.run(python, "train", recipe, file, folder, work, *options)
        except (KeyboardInterrupt, trainer.TrainerFailed):
            console.print("stopped; the same command goes on from the last checkpoint")
            raise
    raise typer.Exit(status)


def register(
    trained: Annotated[Path, Trained],
    name: NewName,
    recipe: Annotated[
        Path | None,
        read_option(help="left out: recipe.toml beside the weights, or in the adapter's folder"),
    ] = None,
    report: Annotated[
        list[Path] | None,
        read_option(metavar="REPORT", help="report of `evaluate` for the card; repeatable"),
    ] = None,
    trained_on: Annotated[
        str, typer.Option("--data", metavar="WORDS", help="what it was trained on")
    ] = "",
    licence: Annotated[str, typer.Option(metavar="NAME", help="the data's licence")] = "",
    notes: Annotated[
        Path | None,
        read_option(help="Markdown for the card; left out: notes.md in the adapter's folder"),
    ] = None,
    home: Home = HOME,
) -> None:
    """Put trained weights into the adapters folder, with manifest, card, log and figures."""
    from adapters.measuring import report as reports
    from adapters.registering.register import register as put
    from adapters.registering.trained import recipe_of, weights_of
    from deploy.factory.figures import beside

    with clear_errors(), tempfile.TemporaryDirectory() as drawn:
        known = settings()
        refuse_taken_name(known, name)
        folder = known.adapters / name
        weights = weights_of(trained)
        found = put(
            weights,
            recipe or recipe_of(weights, folder),
            folder.parent,
            name,
            reports=[reports.load(path) for path in report or ()],
            data=trained_on,
            licence=licence,
            notes=_notes(notes or folder / "notes.md"),
            beside=beside(home, weights, report or (), Path(drawn), typer.echo),
        )
        typer.echo(f"{found.name}: {found.folder} (in the engine: {found.engine_name})")


def _notes(path: Path) -> str:
    """Raises RegisterError for what is no text."""
    from adapters.registering.trained import RegisterError
    from service.wire.wording import why_unusable

    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except ValueError as exc:
        raise RegisterError(f"{path}: {why_unusable(exc)}; expected Markdown") from exc


def average(
    out: Annotated[
        Path,
        typer.Argument(
            file_okay=False, metavar="OUT", help="folder for the mean; `register` takes it"
        ),
    ],
    trained: Annotated[list[Path], Trained],
    home: Home = HOME,
) -> None:
    """Average the weights of two adapters or more: sometimes better than each."""
    from adapters.registering.trained import weights_of
    from adapters.training.work_folder import WEIGHTS
    from deploy.factory import trainer

    if len(trained) < 2:
        raise typer.BadParameter("one of them; expected two or more", param_hint="'TRAINED'")
    with clear_errors():
        folders = [*map(weights_of, trained)]
        if out.exists() and any(map(out.samefile, (*trained, *folders))):
            raise typer.BadParameter("is one of TRAINED; expected a new one", param_hint="'OUT'")
        if (out / WEIGHTS).exists():
            raise typer.BadParameter(
                f"{out} has weights already, which would be lost; expected a new folder",
                param_hint="'OUT'",
            )
        python = trainer.trainer_python(home, typer.echo)
        status = trainer.run(python, "average", out, *folders)
    raise typer.Exit(status)


def try_(
    which: Annotated[str, typer.Argument(metavar="ADAPTER", help="its name, or its folder")],
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="one text or more")],
    as_json: AsJson = False,
    base: Base = None,
    home: Home = HOME,
) -> None:
    """Find entities without vLLM and without a grammar: is the model at fault, or the serving?"""
    from rich.console import Console
    from rich.text import Text

    from deploy.factory import trainer
    from deploy.terminal.show import show_answer
    from service.models.manifest import load

    console = Console()
    with clear_errors():
        if Path(which).is_dir():
            found = load(Path(which).absolute())
        else:
            found = registered(settings().adapters, which)
        model = base or trainer.base_folder(home, found.base)
        with console.status("loading the model and answering") as status:
            python = trainer.trainer_python(home, status.update)
            answers = trainer.answers(python, found.folder, model, text)
    for one, answer in zip(text, answers, strict=True):
        if as_json:
            console.print_json(data=answer)
        else:
            show_answer(console, one, answer)
            console.print(Text(f"completion: {answer['completion']!r}", "dim"))
