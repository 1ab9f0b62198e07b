"""Rows written less neatly, as people write; the entities move along."""

import random
import re
from collections.abc import Callable

from adapters.data.examples import Example
from service.ner.types import Entity

_BEFORE_MARK = re.compile(r" (?=[,.;:!?)%’'])|(?<=\() ")
_FINAL_MARK = re.compile(r"[ .。!！?？]+$")
_ASCII_MARKS = str.maketrans("，！？；", ",!?;")


def roughened(example: Example, language: str, rng: random.Random) -> Example:
    """``example`` with one kind of noise that its language knows."""
    return rng.choice(_KINDS.get(language, (without_final_mark,)))(example)


def without_blanks(example: Example) -> Example:
    """``a word , and`` as people write it: ``a word, and``."""
    taken = [match.start() for match in _BEFORE_MARK.finditer(example.text)]
    text = _BEFORE_MARK.sub("", example.text)
    return Example(text, tuple(_moved(entity, taken) for entity in example.entities))


def without_final_mark(example: Example) -> Example:
    """Without the mark that ends the text, unless an entity has a part of it."""
    kept = _FINAL_MARK.sub("", example.text)
    whole = kept and all(entity.end <= len(kept) for entity in example.entities)
    return Example(kept, example.entities) if whole else example


def lower(example: Example) -> Example:
    """In small letters, where that leaves the length as it is."""
    text = example.text.lower()
    return Example(text, example.entities) if len(text) == len(example.text) else example


def ascii_marks(example: Example) -> Example:
    """Chinese marks as on an English keyboard."""
    return Example(example.text.translate(_ASCII_MARKS), example.entities)


_KINDS: dict[str, tuple[Callable[[Example], Example], ...]] = {
    "en": (without_blanks, without_blanks, without_blanks, lower, without_final_mark),
    "zh": (without_final_mark, ascii_marks),
}


def _moved(entity: Entity, taken: list[int]) -> Entity:
    start = entity.start - sum(place < entity.start for place in taken)
    return Entity(entity.label, start, entity.end - sum(place < entity.end for place in taken))
