"""Many surfaces sought in one text at once, in linear time (Aho and Corasick 1975)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from service.ner.types import Entity

# A character each, or something in its place that says more of where it stands.
Symbols = Iterable[str]


class Surfaces:
    """Surfaces with their labels. The states are those of a trie: each stands for what a surface
    begins with, the first for nothing.

    What is compared are the symbols of text and surface: ``list`` finds surfaces anywhere,
    ``spans.in_words`` where they split no word.
    """

    def __init__(self, labels: Mapping[str, str], symbols: Callable[[str], Symbols]) -> None:
        """``labels``: surface → label; no surface is empty."""
        self._symbols = symbols
        self._next: list[dict[str, int]] = [{}]
        self._ends = {self._learn(surface): surface for surface in labels}
        # Length and label of the longest surface with which a state ends; the state of the longest
        # shorter end that surfaces begin with. States in the order of their lengths.
        self._longest: list[tuple[int, str] | None] = [None] * len(self._next)
        for state, surface in self._ends.items():
            self._longest[state] = (len(surface), labels[surface])
        self._back = [0] * len(self._next)
        self._order = list(self._linked())

    def _learn(self, surface: str) -> int:
        state = 0
        for symbol in self._symbols(surface):
            if symbol not in self._next[state]:
                self._next[state][symbol] = len(self._next)
                self._next.append({})
            state = self._next[state][symbol]
        return state

    def _linked(self) -> Iterator[int]:
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            yield state
            for symbol, following in self._next[state].items():
                self._back[following] = self._after(self._back[state], symbol)
                waiting.append(following)
            self._longest[state] = self._longest[state] or self._longest[self._back[state]]

    def _after(self, state: int, symbol: str) -> int:
        while state and symbol not in self._next[state]:
            state = self._back[state]
        return self._next[state].get(symbol, 0)

    def _states(self, text: str) -> Iterator[int]:
        state = 0
        for symbol in self._symbols(text) if self._ends else ():
            state = self._after(state, symbol)
            yield state

    def places(self, text: str) -> Iterator[Entity]:
        """At each place where surfaces end the longest; in the order of their ends."""
        for end, state in enumerate(self._states(text), 1):
            if found := self._longest[state]:
                length, label = found
                yield Entity(label, end - length, end)

    def standing(self, text: str) -> set[str]:
        """The surfaces that stand in ``text``."""
        seen = set(self._states(text))
        for state in reversed(self._order):
            if state in seen:
                seen.add(self._back[state])
        return {surface for state, surface in self._ends.items() if state in seen}
