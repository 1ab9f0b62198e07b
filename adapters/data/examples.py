"""Labelled data: one noun (``Example``), the fixed validation split, and the leakage check."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.ner.fold import fold
from service.ner.formats import Format
from service.ner.types import Entity, Label, Mention


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its gold entities, sorted by start; offsets half-open, in code points."""

    text: str
    entities: tuple[Entity, ...]

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """In text order, each (label, surface) once: what a completion should state."""
        found = (Mention(e.label, self.text[e.start : e.end]) for e in self.entities)
        return tuple(dict.fromkeys(found))


def as_read(example: Example) -> Example:
    """``example`` as a model reads it: folded, as ``/extract`` folds texts. An entity of which
    nothing is left there is left out."""
    folded = fold(example.text)
    if not folded.steps:
        return example
    spans = [(entity, *folded.forth(entity.start, entity.end)) for entity in example.entities]
    entities = (replace(e, start=start, end=end) for e, start, end in spans if start < end)
    return Example(folded.text, tuple(entities))


def writable(examples: Sequence[Example], format: Format, labels: Sequence[Label]) -> list[Example]:
    """Those whose mentions ``format`` can write: inline tags have no place for one that overlaps
    the mention before it."""

    def can_be_written(example: Example) -> bool:
        read = as_read(example)
        try:
            format.encode(read.mentions, labels, read.text)
        except ValueError:
            return False
        return True

    return [example for example in examples if can_be_written(example)]


def overlapping(example: Example) -> int:
    """How many of its entities overlap another one: nested gold."""
    spans = Counter((entity.start, entity.end) for entity in example.entities)
    found, furthest = set[tuple[int, int]](), (0, 0)
    for span in sorted(spans):
        if span[0] < furthest[1]:
            found |= {span, furthest}
        furthest = max(furthest, span, key=lambda one: one[1])
    return sum(count for span, count in spans.items() if span in found or count > 1)


def label_counts(examples: Sequence[Example]) -> Counter[str]:
    """label → number of its gold entities."""
    return Counter(entity.label for example in examples for entity in example.entities)


def split(examples: Sequence[Example], held_out: int) -> tuple[list[Example], list[Example]]:
    """(training, validation): the rows of the ``held_out`` texts with the smallest SHA-256, and
    their twins, which differ by white space or what folding takes away.

    Depends on the texts alone, not on their order, so the same rows are held out for ever.
    """
    # Of the texts themselves: published figures are of rows that were chosen so.
    first = set(digests(examples)[:held_out])
    chosen = {bare(one.text) for one in examples if _digest(one.text) in first}
    parts: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        parts[bare(example.text) in chosen].append(example)
    return parts


def digests(examples: Sequence[Example]) -> list[str]:
    """The SHA-256 of each text, each once, in the order in which texts are held out."""
    return sorted({_digest(example.text) for example in examples})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def leaked(training: Sequence[Example], evaluation: Sequence[Example]) -> list[str]:
    """The texts of ``evaluation`` that stand in ``training`` too, white space and what folding
    takes away aside."""
    seen = {bare(example.text) for example in training}
    return [example.text for example in evaluation if bare(example.text) in seen]


def bare(text: str) -> str:
    """``text`` without white space and what folding takes away: what tells it from others."""
    return "".join(fold(text).text.split())
