"""The nouns of extraction. Offsets are half-open, in Unicode code points."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Reason = Literal["not_in_text", "unknown_label", "overlap", "below_min_score", "malformed"]
Constraint = Literal["grounded", "schema", "none"]
Occurrences = Literal["all", "as_read", "in_order"]
Overlaps = Literal["longest", "all"]

MOST_BIAS: Final = 10.0  # beyond this a bias decides alone, whatever the model says


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of entity.

    ``name`` is what callers see, ``written`` is what stands in the prompt and in the completion,
    ``description`` may be shown to the model.
    """

    name: str
    written: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A label's name and a surface, as the model wrote them; not yet located in the text."""

    label: str
    surface: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A mention located in the text: ``text[start:end]`` is its surface.

    ``score``, from 0 to 1, is how sure the model was, None if that is not known. It does not make
    two entities differ.
    """

    label: str
    start: int
    end: int
    score: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the model said that could not be used, and why; ``label`` None if none was read."""

    label: str | None
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a format reads out of a completion.

    ``places``: for each of ``mentions`` the half-open range of the completion, in code points, from
    its label's first character through what ends its surface; empty where they are not told.
    """

    mentions: tuple[Mention, ...]
    dropped: tuple[Dropped, ...] = ()
    places: tuple[tuple[int, int], ...] = ()


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def refuse_written(written: str) -> str | None:
    """Why no prompt or completion can carry this written form, or None when one can."""
    if not written or written != written.strip():
        return "a label that is not blank and has no white space around it"
    if _CONTROL.search(written):
        return "a label without control characters"
    return None


def label_named(written: str, labels: Sequence[Label]) -> Label | None:
    """The label that a completion means by ``written``: its written form first, else its name."""
    word = written.strip()
    for label in labels:
        if word == label.written:
            return label
    return next((label for label in labels if word == label.name), None)
