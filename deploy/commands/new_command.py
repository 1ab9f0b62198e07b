"""``nerve adapter new``: a recipe made from labelled rows."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from adapters.data.readers import Kind
from deploy.commands.asked_labels import labels_of
from deploy.commands.options import HOME, Home, KindOption, LabelFile, LabelledRows, NewName
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings
from deploy.terminal.called import called


def new(
    name: NewName,
    file: LabelledRows,
    kind: KindOption = "auto",
    labels: LabelFile = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="the adapter to start from, `none` for the base model; left out: the open one",
        ),
    ] = None,
    home: Home = HOME,
) -> None:
    """Make a recipe from 20 labelled rows or more: labels, epochs, from 100 on a held-out split.

    With an open adapter training starts from its weights and has its prompt, so that a hundred
    rows go a long way.
    """
    from adapters import draft
    from adapters.data.readers import read

    with clear_errors():
        found = settings()
        asked = labels_of(labels) if labels else ()
        examples = read(file, kind, asked).examples
        begun = _start(start)
        folder = found.adapters / name
        plan = draft.write(
            folder, examples, asked or draft.labels_in(examples), found.base_model, begun
        )
        typer.echo(
            f"{folder / 'recipe.toml'}: {len(examples)} rows, {plan.data.held_out} held out; "
            f"labels: {', '.join(label.name for label in plan.labels)}; "
            f"starts from {begun.name if begun else plan.base}\n"
            + _next(folder, file, kind, home, plan.data.held_out)
        )


def _start(name: str | None) -> Path | None:
    """The folder of the adapter to start from; raises ManifestError, RegistryError."""
    from service.models import registry

    found = settings()
    if name == "none":
        return None
    if name is None:
        name = registry.load(found.adapters, found.base_model, found.default_model).open
    return registered(found.adapters, name).folder if name else None


def _next(folder: Path, file: Path, kind: Kind, home: Path, held_out: int) -> str:
    name, rows = folder.name, [str(file), *(() if kind == "auto" else ("--kind", kind))]
    where = () if home == HOME else ("--home", str(home))
    # Without a split the file's rows are all trained on, and others are to be measured on.
    measured = (*rows, "--held-out", str(held_out)) if held_out else ("OTHER_ROWS",)
    commands = (
        ("train", str(folder / "recipe.toml"), *rows, *where),
        ("register", str(home / "training" / name), name),
        ("evaluate", *measured, "--model", name),
    )
    lines = (f"\n  {called()} adapter {shlex.join(command)}" for command in commands)
    return "next:" + "".join(lines)
