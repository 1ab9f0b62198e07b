"""What a run does in which step: the rows, the learning rate; and what it must not see."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from adapters import recipe
from adapters.data import augment
from adapters.data.examples import Example
from adapters.data.unseen import HeldOut, refuse_seen
from adapters.recipe import Recipe


def training_packs(plan: Recipe, training: Sequence[Example]) -> list[augment.Pack]:
    """A step's rows each, over all epochs."""
    rows = training[: plan.data.rows or None]
    mix = augment.Mix(plan.data.subset, plan.data.empty, plan.data.joined, plan.max_chars)
    size, seed = plan.train.rows_a_step, plan.train.seed
    passes = (
        augment.packs(rows, plan.labels, mix, size, seed + n) for n in range(plan.train.epochs)
    )
    return list(chain.from_iterable(passes))


def validation_packs(plan: Recipe, examples: Sequence[Example]) -> list[augment.Pack]:
    """Rows as they are, with all labels."""
    none = augment.Mix(0.0, 0.0, 0.0, plan.max_chars)
    return augment.packs(examples, plan.labels, none, plan.train.rows_a_step, plan.train.seed)


def learning_rate(plan: Recipe, step: int, steps: int) -> float:
    """Linear warm-up, then linear decay to 0; ``step`` counts from 0."""
    warm_up = max(1, round(plan.train.warm_up * steps))
    share = min((step + 1) / warm_up, (steps - step) / (steps - warm_up + 1))
    return plan.train.learning_rate * share


def held_out_of(plan: Recipe, examples: Sequence[Example]) -> HeldOut:
    """What a training on ``examples`` holds out."""
    rows = plan.data.held_out
    return HeldOut(rows) if plan.sources else HeldOut.of(examples, rows)


def keep_held_out(begun: Path, plan: Recipe, examples: Sequence[Example]) -> None:
    """Rows that the start was trained on validate nothing: the split holds out the same first rows
    whatever their number, so no more may be held out of ``examples`` than then, and of a part of
    them only what is known to have been. Raises ValueError, DataError."""
    file = begun / recipe.FILE_NAME
    first = recipe.load(file) if file.exists() else plan
    if bool(first.sources) != bool(plan.sources):
        return  # one of many sources and one of a single file: other data
    before = first.data.held_out
    if before < plan.data.held_out:
        raise ValueError(
            f"{file}: data.held_out = {before}, so the start may have been trained on rows that "
            f"are to be held out now; expected {plan.data.held_out} or more there, or {before} or "
            "less here"
        )
    if not plan.sources:
        refuse_seen(begun, examples, plan.data.held_out)
