"""From examples to packs of training rows, with what a plain data set lacks.

Rows without entities, label subsets (so that ``labels`` works at request time) and longer texts.
Everything is drawn from one seeded generator: the same seed gives the same packs.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.data.examples import Example
from service.ner.types import Entity, Label

_CLAUSE = re.compile(r"[^，。；！？,;!?]+[，。；！？,;!?]*")
_SHORTEST_CLAUSE = 6


@dataclass(frozen=True, slots=True)
class Mix:
    """How much of each kind; all are shares between 0 and 1.

    ``subset``: packs that ask for some of the labels only. ``empty``: clauses that hold no entity,
    on top of the rows. ``joined``: rows that are joined with their neighbours up to ``max_chars``.
    """

    subset: float
    empty: float
    joined: float
    max_chars: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Examples that are asked with the same labels, in the manifest's order: one step's rows."""

    labels: tuple[Label, ...]
    examples: tuple[Example, ...]


def packs(
    examples: Sequence[Example], labels: Sequence[Label], mix: Mix, size: int, seed: int
) -> list[Pack]:
    """One pass over ``examples`` in a drawn order, ``size`` rows a pack."""
    rng = random.Random(seed)
    rows = rng.sample(list(examples), len(examples))
    rows = _joined(rows, mix, rng) + _empty(rows, mix, rng)
    rng.shuffle(rows)
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [_pack(group, labels, mix, rng) for group in groups]


def restricted(example: Example, labels: Sequence[Label]) -> Example:
    """``example`` with the entities of ``labels`` only."""
    names = {label.name for label in labels}
    return Example(example.text, tuple(e for e in example.entities if e.label in names))


def join(examples: Sequence[Example], between: str = "") -> Example:
    """The texts behind each other, ``between`` them, entities moved along."""
    text = ""
    entities: list[Entity] = []
    for example in examples:
        text += between if text else ""
        moved = (Entity(e.label, e.start + len(text), e.end + len(text)) for e in example.entities)
        entities += moved
        text += example.text
    return Example(text, tuple(entities))


def clauses_without_entity(example: Example) -> list[Example]:
    """The clauses of a text that no gold entity touches, the shortest ones left out."""
    spans = [match.span() for match in _CLAUSE.finditer(example.text)]
    return [
        Example(example.text[start:end], ())
        for start, end in spans
        if end - start >= _SHORTEST_CLAUSE
        and not any(e.start < end and start < e.end for e in example.entities)
    ]


def _pack(
    examples: Sequence[Example], labels: Sequence[Label], mix: Mix, rng: random.Random
) -> Pack:
    asked = tuple(labels)
    if len(asked) > 1 and rng.random() < mix.subset:
        chosen = set(rng.sample(asked, rng.randint(1, len(asked) - 1)))
        asked = tuple(label for label in asked if label in chosen)
    return Pack(asked, tuple(restricted(example, asked) for example in examples))


def _joined(rows: Sequence[Example], mix: Mix, rng: random.Random) -> list[Example]:
    joined: list[Example] = []
    position = 0
    while position < len(rows):
        count = rng.randint(2, 6) if rng.random() < mix.joined else 1
        group = list(rows[position : position + count])
        while len(group) > 1 and sum(len(row.text) for row in group) > mix.max_chars:
            group.pop()
        joined.append(join(group) if len(group) > 1 else group[0])
        position += len(group)
    return joined


def _empty(rows: Sequence[Example], mix: Mix, rng: random.Random) -> list[Example]:
    clauses = [clause for row in rows for clause in clauses_without_entity(row)]
    return rng.sample(clauses, min(len(clauses), round(mix.empty * len(rows))))
