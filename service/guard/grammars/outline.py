"""What a grammar looks like to a recursive compiler: parts inside parts, and names that lead on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outline:
    """Parts by number, each after the part that it stands in. Part 0 is where the compiler
    begins; ``links`` lead from a part to the part that its name, or its reference, stands for."""

    inside: list[list[int]] = field(default_factory=list)
    links: dict[int, int] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)

    def add(self, parent: int | None = None, weight: int = 1) -> int:
        """A new part inside ``parent``; ``weight``: how deep it is by itself."""
        self.inside.append([])
        part = len(self.inside) - 1
        if parent is not None:
            self.inside[parent].append(part)
        if weight != 1:
            self.weights[part] = weight
        return part

    def depth(self) -> int:
        """At most so many parts are open at a time while all of it is walked through.

        A recursive name is entered once: in a circle each name counts with all of its depth.
        """
        if not self.inside:
            return 0
        edges = [list(parts) for parts in self.inside]
        for part, target in self.links.items():
            edges[part].append(target)
        best = [0] * len(edges)
        for circle in circles(edges):
            members = frozenset(circle)
            behind = max((best[w] for v in circle for w in edges[v] if w not in members), default=0)
            inner = self._inner(members)
            for part in circle:
                best[part] = inner + behind
        return max(best)

    def _inner(self, members: frozenset[int]) -> int:
        heights: dict[int, int] = {}
        for part in sorted(members, reverse=True):  # what stands inside comes first
            below = (heights[one] for one in self.inside[part] if one in members)
            heights[part] = self.weights.get(part, 1) + max(below, default=0)
        entered = {self.links[part] for part in members if self.links.get(part) in members}
        return max(heights.values()) + sum(heights[part] for part in entered)


def circles(edges: Sequence[Sequence[int]]) -> list[list[int]]:
    """The strongly connected components of a graph, each after those it leads to."""
    search = _Tarjan(edges)
    for root in range(len(edges)):
        search.go(root)
    return search.found


class _Tarjan:
    """The algorithm of that name, without recursion."""

    def __init__(self, edges: Sequence[Sequence[int]]) -> None:
        self.found: list[list[int]] = []
        self._edges = edges
        self._order: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._stack: list[int] = []
        self._on_stack: set[int] = set()
        self._work: list[tuple[int, Iterator[int]]] = []

    def go(self, root: int) -> None:
        """Find the components that ``root`` leads to."""
        if root not in self._order:
            self._enter(root)
        while self._work:
            part, following = self._work[-1]
            for other in following:
                if other not in self._order:
                    self._enter(other)
                    break
                if other in self._on_stack:
                    self._low[part] = min(self._low[part], self._order[other])
            else:
                self._leave(part)

    def _enter(self, part: int) -> None:
        self._order[part] = self._low[part] = len(self._order)
        self._stack.append(part)
        self._on_stack.add(part)
        self._work.append((part, iter(self._edges[part])))

    def _leave(self, part: int) -> None:
        self._work.pop()
        if self._work:
            above = self._work[-1][0]
            self._low[above] = min(self._low[above], self._low[part])
        if self._low[part] == self._order[part]:
            circle: list[int] = []
            while not circle or circle[-1] != part:
                circle.append(self._stack.pop())
            self._on_stack.difference_update(circle)
            self.found.append(circle)
