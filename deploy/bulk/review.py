"""Of the answers of a bulk run, those that are worth a person's look next.

Doubt chooses first: an entity that the model was not sure of, two models that disagree, something
that could not be used. Each choice makes texts like it less wanted, so that a person does not
correct the same thing a hundred times.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappushpop, nsmallest
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of all texts, only what the next ones are held against: the digest of each, and the labels
    that were found."""

    texts: set[bytes] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)

    def new(self, answers: Iterable[Answer]) -> Iterator[tuple[bytes, Answer]]:
        """Each answer to a text that is not blank and was not there before, with its digest."""
        for answer in answers:
            text = _digest(answer["text"])
            if answer["text"].strip() and text not in self.texts:
                self.texts.add(text)
                self.labels.update(entity["label"] for entity in answer["entities"])
                yield text, answer


def choose(answers: Iterable[Answer], count: int, others: Iterable[Answer] = ()) -> list[Candidate]:
    """Up to ``count`` of ``answers``, the most worth first; a text once, blank ones not at all.

    ``others`` are another model's answers to the same texts, for the same labels; raises BulkFailed
    where they have none of either. Of texts that are not looked at closer only digests are held.
    """
    theirs = {_digest(other["text"]): spans(other) for other in others}
    seen = _Seen()
    doubted = ((doubt(answer, theirs.get(text)), answer) for text, answer in seen.new(answers))
    pool = nsmallest(POOL * count, doubted, key=lambda one: -one[0])
    if theirs:
        _comparable(seen, theirs)
    return _chosen([Candidate(one, found, _pairs(one["text"])) for found, one in pool], count)


def _chosen(pool: Sequence[Candidate], count: int) -> list[Candidate]:
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


def _comparable(seen: _Seen, theirs: Mapping[bytes, Spans]) -> None:
    """Raises BulkFailed where every text would be in doubt, or none."""
    if seen.texts and theirs.keys().isdisjoint(seen.texts):
        raise BulkFailed("--against has none of these texts; expected answers to the same file")
    found, other = seen.labels, {label for one in theirs.values() for label, *_ in one}
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


def _digest(text: str) -> bytes:
    """Stands for a text that need not be held."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _pairs(text: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(text)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Of two texts, by the pairs of characters that stand in both."""
    return len(one & other) / max(len(one | other), 1)
