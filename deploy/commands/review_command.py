"""``nerve adapter review``: what a person should look at next."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from deploy.commands.asked_labels import asked_labels
from deploy.commands.options import Answers, LabelFile, LabelOption, NewFile, read_option
from deploy.commands.running import clear_errors, tell
from deploy.commands.taken import refuse_taken

if TYPE_CHECKING:
    from service.ner.types import Label


def review(
    answers: Answers,
    out: NewFile,
    to: Annotated[
        Literal["label_studio", "doccano"], typer.Option("--format", help="whose file")
    ] = "label_studio",
    count: Annotated[int, typer.Option(min=1, help="how many texts")] = 200,
    against: Annotated[
        Path | None, read_option(help="another model's answers to the same texts")
    ] = None,
    label: LabelOption = None,
    labels: LabelFile = None,
) -> None:
    """Choose the texts worth labelling next, with the answers as predictions to correct.

    First come low scores, texts on which two models disagree, and what was dropped; of texts that
    are alike, one. Nothing is kept but the file --out.
    """
    with clear_errors():
        from deploy.bulk.convert import answers as rows_of
        from deploy.bulk.convert import write
        from deploy.bulk.review import choose

        refuse_taken(out)
        asked = asked_labels(label, labels)
        others = rows_of(against, tell) if against else ()
        found = [one.answer for one in choose(rows_of(answers, tell), count, others)]
        write(found, out, to)
        typer.echo(f"{out}: {len(found)} texts")
        if to == "label_studio" and found:
            typer.echo(f"labelling config for it:\n{_config(found, asked)}")


def _config(answers: Sequence[Mapping[str, Any]], asked: Sequence["Label"]) -> str:
    """With the labels that were asked for, as they are described, and those that were found."""
    from deploy.bulk.formats.annotators import label_config

    labels = {label.name: label.description for label in asked}
    found = (entity["label"] for answer in answers for entity in answer["entities"])
    return label_config({**dict.fromkeys(found, ""), **labels})
