"""How many parts bodies of a grammar have, written out: terminals stand in one another, and what
stands there twice is there twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.guard.grammars.outline import circles
from service.guard.grammars.size import MOST

# A name of which nothing is written here: one of %import.
_ELSEWHERE = 100


@dataclass(slots=True)
class Amount:
    """``own`` parts, and how often other names stand there, each as large as what it names."""

    own: int = 0
    uses: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Amount", times: int = 1) -> None:
        """What ``other`` has, too, so many times."""
        self.own = min(self.own + other.own * times, MOST)
        for name, often in other.uses.items():
            self.uses[name] = min(self.uses[name] + often * times, MOST)


def written_out(amounts: Mapping[str, Amount]) -> int:
    """All parts, with each name that is written out as large as what it names."""
    names = {name: number for number, name in enumerate(amounts)}
    bodies = list(amounts.values())
    edges = [[names[used] for used in body.uses if used in names] for body in bodies]
    sizes = [0] * len(bodies)
    for circle in circles(edges):
        members = frozenset(circle)
        for number in circle:
            body = bodies[number]
            sizes[number] = min(
                MOST,
                body.own
                + sum(
                    often * _size_of(names.get(name), sizes, members)
                    for name, often in body.uses.items()
                ),
            )
    used = {target for targets in edges for target in targets}
    roots = sum(size for number, size in enumerate(sizes) if number not in used)
    return min(roots + sum(body.own for body in bodies), MOST)


def _size_of(number: int | None, sizes: Sequence[int], circle: frozenset[int]) -> int:
    """Of a terminal that stands in itself the engine makes none: it is one part."""
    if number is None:
        return _ELSEWHERE
    return 1 if number in circle else max(sizes[number], 1)
