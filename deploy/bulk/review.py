"""Of the answers of a bulk run, those that are worth a person's look next.

Doubt chooses first: an entity that the model was not sure of, two models that disagree, something
that could not be used. Each choice makes texts like it less wanted, so that a person does not
correct the same thing a hundred times.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappushpop
from itertools import pairwise
from typing import Any

from deploy.bulk.errors import BulkFailed

# What is in doubt without a score: a mention that was dropped, an answer that was cut off.
UNSCORED_DOUBT = 0.5
# So that texts are chosen by their differences where nothing is in doubt.
LEAST_DOUBT = 0.01
# Of how many times the number wanted the differences are looked at.
POOL = 20

Answer = dict[str, Any]
Spans = frozenset[tuple[str, int, int]]


@dataclass(slots=True)
class Candidate:
    """An answer; ``doubt`` from 0 to 1, ``likeness`` to the nearest of the first ``compared`` of
    those chosen, 0 to 1."""

    answer: Answer
    doubt: float
    pairs: frozenset[str]
    likeness: float = 0.0
    compared: int = 0

    @property
    def worth(self) -> float:
        """How much is to be learnt from it."""
        return max(self.doubt, LEAST_DOUBT) * (1 - self.likeness)


def choose(answers: Iterable[Answer], count: int, others: Iterable[Answer] = ()) -> list[Candidate]:
    """Up to ``count`` of ``answers``, the most worth first; a text once, blank ones not at all.

    ``others`` are another model's answers to the same texts, for the same labels; raises BulkFailed
    where they have none of either.
    """
    theirs = {other["text"]: spans(other) for other in others}
    texts: dict[str, Candidate] = {}
    for answer in answers:
        text = answer["text"]
        if text.strip() and text not in texts:
            found = doubt(answer, theirs.get(text))
            texts[text] = Candidate(answer, found, frozenset(map("".join, pairwise(text))))
    if theirs:
        _comparable(texts, theirs)
    return _chosen(sorted(texts.values(), key=lambda one: -one.doubt)[: POOL * count], count)


def _chosen(pool: Collection[Candidate], count: int) -> list[Candidate]:
    """Always the one of most worth. That of a candidate only falls, so the others need no look
    while one that has been compared with all of those chosen is before them."""
    waiting = [(-one.worth, place, one) for place, one in enumerate(pool)]
    heapify(waiting)
    chosen: list[Candidate] = []
    while waiting and len(chosen) < count:
        _, place, best = heappop(waiting)
        while best.compared < len(chosen):
            new = (_likeness(best.pairs, one.pairs) for one in chosen[best.compared :])
            best.likeness, best.compared = max(best.likeness, *new), len(chosen)
            _, place, best = heappushpop(waiting, (-best.worth, place, best))
        chosen.append(best)
    return chosen


def _comparable(texts: Mapping[str, Candidate], theirs: Mapping[str, Spans]) -> None:
    """Raises BulkFailed where every text would be in doubt, or none."""
    if texts and theirs.keys().isdisjoint(texts):
        raise BulkFailed("--against has none of these texts; expected answers to the same file")
    found = {label for one in texts.values() for label, *_ in spans(one.answer)}
    other = {label for one in theirs.values() for label, *_ in one}
    if found and other and found.isdisjoint(other):
        raise BulkFailed(
            f"--against has other labels: {', '.join(sorted(other))}; expected those asked for "
            f"here, by `nerve extract --label`: {', '.join(sorted(found))}"
        )


def doubt(answer: Answer, theirs: Spans | None = None) -> float:
    """From 0, nothing to see, to 1; ``theirs`` are another model's entities in the same text."""
    scores = (entity.get("score") for entity in answer["entities"])
    found = [1 - score for score in scores if score is not None]
    if answer.get("dropped") or answer.get("truncated"):
        found.append(UNSCORED_DOUBT)
    if theirs is not None:
        ours = spans(answer)
        found.append(len(ours ^ theirs) / max(len(ours | theirs), 1))
    return max(found, default=0.0)


def spans(answer: Answer) -> Spans:
    """Its entities: label, start, end."""
    return frozenset((one["label"], one["start"], one["end"]) for one in answer["entities"])


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Of two texts, by the pairs of characters that stand in both."""
    return len(one & other) / max(len(one | other), 1)
