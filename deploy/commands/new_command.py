"""``nerve adapter new``: a recipe made from labelled rows."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from adapters.data.readers import Kind
from deploy.commands.asked_labels import labels_of
from deploy.commands.options import (
    HOME,
    Encoding,
    Home,
    KindOption,
    LabelFile,
    LabelledRows,
    NewName,
    SkipBad,
)
from deploy.commands.registered import registered
from deploy.commands.running import clear_errors, settings, tell
from deploy.commands.taken import refuse_taken_name
from deploy.terminal.called import called


def new(
    name: NewName,
    file: LabelledRows,
    kind: KindOption = "auto",
    skip_bad: SkipBad = False,
    encoding: Encoding = "",
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
    from deploy.factory.gold import left_out
    from deploy.terminal.show_data import repeated

    with clear_errors():
        found = settings()
        refuse_taken_name(found, name)
        asked = labels_of(labels) if labels else ()
        rows = read(file, kind, asked, skip_bad=skip_bad, encoding=encoding)
        examples = rows.examples
        for line in (*left_out(rows), *repeated(examples)):
            tell(line)
        begun, learned = _start(start), asked or draft.labels_in(examples)
        mend = "change it there" if labels else "give it another name with --labels FILE"
        draft.check_labels(learned, begun, labels or file, mend)
        folder, again = found.adapters / name, [str(file), *_read_so(kind, skip_bad, encoding)]
        plan = draft.write(folder, examples, learned, found.base_model, begun)
        typer.echo(
            f"{folder / 'recipe.toml'}: {len(examples)} rows, {plan.data.held_out} held out; "
            f"labels: {', '.join(label.name for label in plan.labels)}; "
            f"starts from {begun.name if begun else plan.base}\n"
            + _next(folder, again, home, plan.data.held_out)
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


def _read_so(kind: Kind, skip_bad: bool, encoding: str) -> list[str]:
    """The options by which a command reads the rows as they were read here."""
    return [
        *(() if kind == "auto" else ("--kind", kind)),
        *(("--encoding", encoding) if encoding else ()),
        *(("--skip-bad",) if skip_bad else ()),
    ]


def _next(folder: Path, rows: Sequence[str], home: Path, held_out: int) -> str:
    name = folder.name
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
