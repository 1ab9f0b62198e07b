"""How many patterns of a JSON schema may have to hold for one string.

The engine's compiler intersects them, and its time and memory double with each:
20 take five seconds, 22 more than 4 GB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from service.guard.grammars.outline import circles

# A part is a schema, whose keywords hold together; ``all`` schemas that do; or one of several.
Kind = Literal["schema", "all", "one"]

_PATTERNS = ("pattern", "format")
_MAPS = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)


@dataclass(slots=True)
class Merging:
    """Parts by number, as of an Outline: of each its kind, and how many patterns it has itself."""

    kinds: list[Kind] = field(default_factory=list)
    own: list[int] = field(default_factory=list)

    def add(self, value: dict[str, Any] | list[Any], parent: int | None, key: str | None) -> None:
        """The next part, which stands in ``parent`` under ``key``."""
        inside_of = self.kinds[parent] if parent is not None else "one"
        kind: Kind = "schema"
        if inside_of == "schema" and isinstance(value, list):
            kind = "all" if key == "allOf" else "one"
        elif inside_of == "schema" and key in _MAPS:
            kind = "one"
        self.kinds.append(kind)
        has = (isinstance(value, dict) and isinstance(value.get(name), str) for name in _PATTERNS)
        self.own.append(sum(has))

    def most(self, inside: Sequence[Sequence[int]], links: Mapping[int, int]) -> int:
        """The most patterns that may meet anywhere, at least: none that meet are missed."""
        edges = [list(parts) for parts in inside]
        for part, target in links.items():
            edges[part].append(target)
        found = [0] * len(edges)
        for circle in circles(edges):
            members = frozenset(circle)
            each = [self._of(part, edges[part], found, members) for part in circle]
            several = any(is_several for _, is_several in each)
            total = (sum if several else max)(number for number, _ in each)
            for part in circle:
                found[part] = total
        return max(found, default=0)

    def _of(
        self, part: int, edges: Sequence[int], found: Sequence[int], circle: frozenset[int]
    ) -> tuple[int, bool]:
        """What meets in a part, but for what comes of its own circle; and whether that meets more,
        so that it adds up."""
        others = [found[other] for other in edges if other not in circle]
        back = len(edges) - len(others)
        if self.kinds[part] == "one":
            return max(others, default=0), False
        met = self.own[part] + sum(others)
        return met, len(circle) > 1 and back > 0 and (met > 0 or back > 1)
