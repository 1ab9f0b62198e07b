"""Many rows behind one shared prefix, in one sequence: exact, and less than half the tokens.

All rows of a pack begin with the same system message. The sequence is the prefix once, then the
rest of each row; a row sees the prefix and itself, and its positions count on from the prefix.
Loss and gradient equal those of separate rows (tests/adapters/training/packing_maths.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from adapters.training.template import Row


@dataclass(frozen=True, slots=True)
class Batch:
    """``ids``, ``positions``: [1, T]; ``lengths``: of the prefix and of each row's rest, sum T.

    ``places``: [A], where the next token is learned; ``targets``: [A], that token.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    lengths: tuple[int, ...]
    places: torch.Tensor
    targets: torch.Tensor


def shared_prefix(rows: Sequence[Row]) -> int:
    """The number of leading ids that all rows share, each row keeping the end of its prompt."""
    columns = enumerate(zip(*(row.ids for row in rows), strict=False))
    shortest = min(row.prompt for row in rows) - 1
    return next((place for place, ids in columns if place == shortest or len(set(ids)) > 1), 0)


def pack(rows: Sequence[Row]) -> Batch:
    """One sequence for all rows. The last id of a row is only ever a target."""
    prefix = shared_prefix(rows)
    ids = list(rows[0].ids[:prefix])
    positions = list(range(prefix))
    lengths = [prefix]
    places: list[int] = []
    targets: list[int] = []
    for row in rows:
        places += range(len(ids) + row.prompt - 1 - prefix, len(ids) + len(row.ids) - 1 - prefix)
        targets += row.ids[row.prompt :]
        ids += row.ids[prefix:-1]
        positions += range(prefix, len(row.ids) - 1)
        lengths.append(len(row.ids) - 1 - prefix)
    return Batch(
        torch.tensor([ids]),
        torch.tensor([positions]),
        tuple(lengths),
        torch.tensor(places),
        torch.tensor(targets),
    )
