"""Rows to train on, and rows held out of them."""

from collections.abc import Sequence
from pathlib import Path

from adapters.data.examples import Example, split
from adapters.data.readers import DataError


def parted(
    file: Path, examples: Sequence[Example], held_out: int
) -> tuple[list[Example], list[Example]]:
    """(training, validation), as ``split`` has them of the rows of ``file``. Raises DataError where
    none is left for training, whose weights would be those that it begins with."""
    training, validation = split(examples, held_out)
    if not training:
        raise DataError(
            f"{file}: {len(examples)} rows, of which the recipe holds out {held_out}; "
            "none is left to train on"
        )
    return training, validation
