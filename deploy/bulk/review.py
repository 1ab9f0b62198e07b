"""Of the answers of a bulk run, those that are worth a person's look next.

Doubt chooses first: an entity that the model was not sure of, two models that disagree, something
that could not be used. Each choice makes texts like it less wanted, so that a person does not
correct the same thing a hundred times.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# What is in doubt without a score: a mention that was dropped, an answer that was cut off.
UNSCORED_DOUBT = 0.5
# So that texts are chosen by their differences where nothing is in doubt.
LEAST_DOUBT = 0.01
# Of how many times the number wanted the differences are looked at; keeps the time linear.
POOL = 20

Answer = Mapping[str, Any]


@dataclass(slots=True)
class Candidate:
    """An answer; ``doubt`` from 0 to 1, ``likeness`` to the nearest of those chosen, 0 to 1."""

    answer: Answer
    doubt: float
    pairs: frozenset[str]
    likeness: float = 0.0

    @property
    def worth(self) -> float:
        """How much is to be learnt from it."""
        return max(self.doubt, LEAST_DOUBT) * (1 - self.likeness)


def choose(answers: Iterable[Answer], count: int, others: Iterable[Answer] = ()) -> list[Candidate]:
    """Up to ``count`` of ``answers``, the most worth first; a text once, blank ones not at all.

    ``others`` are another model's answers to the same texts.
    """
    theirs = {other["text"]: spans(other) for other in others}
    texts: dict[str, Candidate] = {}
    for answer in answers:
        text = answer["text"]
        if text.strip() and text not in texts:
            found = doubt(answer, theirs.get(text))
            texts[text] = Candidate(answer, found, frozenset(map("".join, pairwise(text))))
    pool = sorted(texts.values(), key=lambda one: -one.doubt)[: POOL * count]
    chosen: list[Candidate] = []
    while pool and len(chosen) < count:
        best = max(pool, key=lambda one: one.worth)
        pool.remove(best)
        chosen.append(best)
        for one in pool:
            one.likeness = max(one.likeness, _likeness(one.pairs, best.pairs))
    return chosen


def doubt(answer: Answer, theirs: frozenset[tuple[str, int, int]] | None = None) -> float:
    """From 0, nothing to see, to 1; ``theirs`` are another model's entities in the same text."""
    scores = (entity.get("score") for entity in answer["entities"])
    found = [1 - score for score in scores if score is not None]
    if answer.get("dropped") or answer.get("truncated"):
        found.append(UNSCORED_DOUBT)
    if theirs is not None:
        ours = spans(answer)
        found.append(len(ours ^ theirs) / max(len(ours | theirs), 1))
    return max(found, default=0.0)


def spans(answer: Answer) -> frozenset[tuple[str, int, int]]:
    """Its entities: label, start, end."""
    return frozenset((one["label"], one["start"], one["end"]) for one in answer["entities"])


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Of two texts, by the pairs of characters that stand in both."""
    return len(one & other) / max(len(one | other), 1)
