"""``nerve adapter review``: what a person should look at next."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy.commands.options import clear_errors

reviewing = typer.Typer()


@reviewing.command()
def review(
    rows: Annotated[Path, typer.Argument(help="JSON lines of nerve extract --out")],
    out: Annotated[Path, typer.Option(help="what to write; a name that is not taken")],
    to: Annotated[
        Literal["label_studio", "doccano"], typer.Option("--format", help="whose file")
    ] = "label_studio",
    count: Annotated[int, typer.Option(min=1, help="how many texts")] = 200,
    against: Annotated[
        Path | None, typer.Option(help="another model's answers to the same texts")
    ] = None,
) -> None:
    """Choose the texts worth labelling next: low scores, two models that disagree, what was
    dropped; texts that are unlike each other. The file has the answers as predictions to correct.

    Nothing is kept but that file: texts come from the answers, which are named here.
    """
    with clear_errors():
        from deploy.bulk.convert import answers, write
        from deploy.bulk.errors import BulkFailed
        from deploy.bulk.formats.annotators import label_config
        from deploy.bulk.review import choose
        from deploy.bulk.state import has_content

        if has_content(out):
            raise BulkFailed(f"{out} is there already; expected a new name")
        chosen = choose(answers(rows), count, answers(against) if against else ())
        found = [one.answer for one in chosen]
        write(found, out, to)
        typer.echo(f"{out}: {len(found)} texts")
        if to == "label_studio" and found:
            labels = dict.fromkeys(one["label"] for answer in found for one in answer["entities"])
            typer.echo(
                f"labelling config, with the labels that were found:\n{label_config(labels)}"
            )
