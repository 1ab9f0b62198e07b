"""What a recipe makes of its data: the packs of the training and of the validation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from adapters.data import augment
from adapters.data.examples import Example, writable
from adapters.data.readers import Kind, Read, read
from adapters.mixing import packs, steps
from adapters.mixing.held_out import parted
from adapters.mixing.sources import read_sources
from adapters.recipe import Recipe
from service.ner.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Rows:
    """``training``: a pack a step; ``examples``: all that was read, in its order; ``bad`` rows
    could not be read, ``left_out`` not written in the recipe's format, ``not_accepted`` were not
    by those who annotated them; ``places`` where a text of a single file stands."""

    training: list[augment.Pack]
    validation: list[augment.Pack]
    examples: list[Example]
    bad: int = 0
    left_out: int = 0
    not_accepted: int = 0
    places: Mapping[str, str] = field(default_factory=dict)


def load(
    plan: Recipe, data: Path, kind: Kind, *, skip_bad: bool = False, encoding: str = ""
) -> Rows:
    """Read ``data``, a file of ``kind``, or the folder that a recipe with sources needs.

    Raises DataError.
    """
    if plan.sources:
        return _of_many(plan, data)
    return _of_one(plan, data, read(data, kind, plan.labels, skip_bad=skip_bad, encoding=encoding))


def _of_one(plan: Recipe, data: Path, found: Read) -> Rows:
    examples = writable(found.examples, FORMATS[plan.format], plan.labels)
    training, held_out = parted(data, examples, plan.data.held_out)
    return Rows(
        steps.training_packs(plan, training),
        steps.validation_packs(plan, held_out[: plan.train.validation_rows]),
        examples,
        len(found.skipped),
        len(found.examples) - len(examples),
        len(found.not_accepted),
        found.places,
    )


def _of_many(plan: Recipe, data: Path) -> Rows:
    assert plan.sources is not None
    sources = read_sources(data, plan, plan.sources)
    both = chain.from_iterable((*one.training, *one.held_out) for one in sources)
    return Rows(
        packs.training_packs(plan, plan.sources, sources),
        packs.validation_packs(plan, plan.sources, sources),
        list(both),
    )
