"""Titles of works with and without their 《》: what an entity holds is for its description to say.

Annotation guides differ: CLUENER2020 counts the marks to the title, others do not, and people leave
them out as they write. So marks come and go here, and descriptions say whether they are to be read.
"""

import random
import re
from collections.abc import Collection
from dataclasses import replace

from adapters.data.examples import Example
from service.ner.types import Entity, Label

_INSIDE = ("，连同书名号", "，含书名号《》", "，包括书名号", ", with their 《》")
_OUTSIDE = ("，不含书名号", "，不连书名号", "，不带《》", ", without 《》")
_SAID = re.compile(r"，?不含书名号(和作者)?")
_MARKED = 0.5  # share of the titles without marks that get them
_TELLING = 0.85  # share of the descriptions that say something about them


def told(label: Label, rng: random.Random) -> Label:
    """``label`` with a word on the marks in its description, most of the time."""
    said = _SAID.sub("", label.description)
    if not said or rng.random() >= _TELLING:
        return replace(label, description=said)
    phrases = rng.choice((_INSIDE, _OUTSIDE))
    phrase = phrases[-1] if said.isascii() else rng.choice(phrases[:-1])
    return replace(label, description=said + phrase)


def marked(example: Example, titles: Collection[str], rng: random.Random) -> Example:
    """``example`` with marks around some of the entities of ``titles`` that had none, and that
    overlap no other entity."""
    wrapped = [
        one
        for one in example.entities
        if one.label in titles and _could_have_marks(example, one) and rng.random() < _MARKED
    ]
    text, read = "", 0
    for one in wrapped:
        text += f"{example.text[read : one.start]}《{example.text[one.start : one.end]}》"
        read = one.end

    def moved(one: Entity) -> Entity:
        marks = 2 * sum(other.end <= one.start for other in wrapped) + (one in wrapped)
        return replace(one, start=one.start + marks, end=one.end + marks)

    return Example(text + example.text[read:], tuple(map(moved, example.entities)))


def with_marks(example: Example, labels: Collection[str]) -> Example:
    """``example`` with the entities of ``labels`` taking in the marks around them."""
    widened = (
        replace(one, start=one.start - 1, end=one.end + 1)
        if one.label in labels and _has_marks(example.text, one)
        else one
        for one in example.entities
    )
    return Example(example.text, tuple(widened))


def _could_have_marks(example: Example, title: Entity) -> bool:
    if _has_marks(example.text, title) or "《" in example.text[title.start : title.end]:
        return False
    others = (one for one in example.entities if one != title)
    return not any(one.start < title.end and title.start < one.end for one in others)


def _has_marks(text: str, one: Entity) -> bool:
    return text[max(0, one.start - 1) : one.start] == "《" and text[one.end : one.end + 1] == "》"
