"""Rows that are too long for the model: all of them, before the first step, not hours after it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from adapters.data.augment import Pack
from adapters.data.examples import Example
from adapters.mixing.rows import Rows
from adapters.training.template import Encoder, RowTooLong
from service.wire.wording import shown

_NAMED = 3
_BEGINNING = 40  # of a row's text, in an error


def fitting_rows(encoder: Encoder, found: Rows, *, skip_bad: bool) -> tuple[Rows, int]:
    """The rows that the model can take, and how many it cannot; raises RowTooLong unless these
    may be skipped and others are left."""
    too_long: dict[str, str] = {}
    training = fitting(encoder, found.training, too_long)
    validation = fitting(encoder, found.validation, too_long)
    if too_long and not (skip_bad and training):
        raise refusal(too_long, found.places, encoder.longest)
    return replace(found, training=training, validation=validation), len(too_long)


def fitting(encoder: Encoder, packs: Sequence[Pack], too_long: dict[str, str]) -> list[Pack]:
    """The packs without rows that are too long, of which ``too_long`` gets text and reason."""

    def fits(example: Example, pack: Pack) -> bool:
        try:
            encoder.row(example, pack.labels)
        except RowTooLong as exc:
            too_long.setdefault(example.text, str(exc))
            return False
        return True

    kept = (Pack(one.labels, tuple(e for e in one.examples if fits(e, one))) for one in packs)
    return [one for one in kept if one.examples]


def refusal(too_long: Mapping[str, str], places: Mapping[str, str], longest: int) -> RowTooLong:
    """How many there are, and the first of them, by their places where these are known."""
    first = "; ".join(
        f"{places[text] + ': ' if text in places else ''}the row that begins with "
        f"{shown(text[:_BEGINNING])} has {reason}"
        for text, reason in islice(too_long.items(), _NAMED)
    )
    others = f"; and {len(too_long) - _NAMED} more" if len(too_long) > _NAMED else ""
    return RowTooLong(
        f"rows that are too long: {len(too_long)}; {first}{others}; expected up to {longest} "
        "tokens: cut them in two, or leave them out with --skip-bad"
    )
