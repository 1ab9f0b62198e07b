"""Rows that repeat a text: annotated twice, or copied; their gold may contradict itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.data.examples import Example, as_read, bare

_Gold = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Repeats:
    """``rows`` have a text that an earlier row has, white space and what folding takes away aside;
    ``contradicting`` of them have other gold than the first."""

    rows: int
    contradicting: int

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Repeats":
        """Of these rows in their order."""
        first, rows, contradicting = dict[str, Example](), 0, 0
        for example in examples:
            before = first.setdefault(bare(example.text), example)
            if before is not example:
                rows += 1
                contradicting += _gold(before) != _gold(example)
        return cls(rows, contradicting)


def _gold(example: Example) -> _Gold:
    """The entities with their places in the bare text."""
    read = as_read(example)
    return frozenset(
        (one.label, _place(read.text, one.start), _place(read.text, one.end))
        for one in read.entities
    )


def _place(text: str, offset: int) -> int:
    return len("".join(text[:offset].split()))
