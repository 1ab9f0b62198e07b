"""``nerve adapter review``: what a person should look at next."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import clear_errors

reviewing = typer.Typer()


class Annotator(StrEnum):
    """Whose file is written."""

    label_studio = "label-studio"
    doccano = "doccano"


@reviewing.command()
def review(
    rows: Annotated[Path, typer.Argument(help="JSON lines of nerve extract --out")],
    out: Annotated[Path, typer.Option(help="what to write; a name that is not taken")],
    to: Annotated[Annotator, typer.Option(help="for whom")] = Annotator.label_studio,
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
        from deploy.bulk.convert import answers
        from deploy.bulk.errors import BulkFailed
        from deploy.bulk.formats import annotators
        from deploy.bulk.review import choose
        from deploy.bulk.state import has_content

        if has_content(out):
            raise BulkFailed(f"{out} is there already; expected a new name")
        chosen = choose(answers(rows), count, answers(against) if against else ())
        found = [one.answer for one in chosen]
        with out.open("w", encoding="utf-8") as file:
            if to is Annotator.doccano:
                annotators.write_doccano(found, file)
            else:
                annotators.write_label_studio(found, file)
        typer.echo(f"{out}: {len(found)} texts")
        if to is Annotator.label_studio:
            labels = dict.fromkeys(one["label"] for answer in found for one in answer["entities"])
            typer.echo(
                f"labelling config, with the labels that were found:\n"
                f"{annotators.label_config(labels)}"
            )
