"""A part of an answer: a tuned model is asked for all of its labels, whichever are wanted."""

from collections.abc import Callable, Collection, Sequence

from service.ner.types import Dropped, Entity, Label


def narrowed(
    prompted: Sequence[Label], wanted: Collection[str] | None
) -> Callable[[Entity | Dropped], bool]:
    """Does what was found go into an answer for ``wanted``, names of ``prompted``, None for all?
    What bears no label of the prompt does."""
    unwanted = {label.name for label in prompted} - set(wanted or ())
    return lambda found: wanted is None or found.label not in unwanted
