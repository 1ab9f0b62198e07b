"""Many surfaces sought in one text at once, in linear time (Aho and Corasick 1975)."""

from collections import deque
from collections.abc import Iterator, Mapping

from service.ner.spans import splits_a_word
from service.ner.types import Entity


class Surfaces:
    """Surfaces with their labels. The states are those of a trie: each stands for what a surface
    begins with, the first for nothing."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        """``labels``: surface → label; no surface is empty."""
        self._next: list[dict[str, int]] = [{}]
        self._found: list[tuple[int, str] | None] = [None]  # length and label of what ends here
        for surface, label in labels.items():
            self._found[self._learn(surface)] = (len(surface), label)
        # The states of the longest shorter ends that surfaces begin with; that are surfaces.
        self._back, self._shorter = [0] * len(self._next), [0] * len(self._next)
        self._link()

    def _learn(self, surface: str) -> int:
        state = 0
        for character in surface:
            if character not in self._next[state]:
                self._next[state][character] = len(self._next)
                self._next.append({})
                self._found.append(None)
            state = self._next[state][character]
        return state

    def _link(self) -> None:
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for character, following in self._next[state].items():
                self._back[following] = self._after(self._back[state], character)
                waiting.append(following)
            back = self._back[state]
            self._shorter[state] = back if self._found[back] else self._shorter[back]

    def _after(self, state: int, character: str) -> int:
        while state and character not in self._next[state]:
            state = self._back[state]
        return self._next[state].get(character, 0)

    def whole_words(self, text: str) -> Iterator[Entity]:
        """At each place where surfaces end the longest that splits no run of Latin letters or
        digits; in the order of their ends."""
        state = 0
        for end, character in enumerate(text, 1):
            state = self._after(state, character)
            ending = state if self._found[state] else self._shorter[state]
            if ending and not splits_a_word(text, (end, end)):
                yield from self._longest(text, end, ending)

    def _longest(self, text: str, end: int, state: int) -> Iterator[Entity]:
        while found := self._found[state]:
            length, label = found
            if not splits_a_word(text, (end - length, end)):
                yield Entity(label, end - length, end)
                return
            state = self._shorter[state]
