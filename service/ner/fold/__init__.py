"""What the model reads of a text: nothing that a person does not see may halve an entity.

A line break of a PDF, a no-break space of Word, a zero-width space of a web page, an accent that
macOS writes as a character of its own: a reader does not notice them, a model does. So they are
folded before the text is cut and asked about, and what is found is mapped back to the text as
received. In four steps, each in a module with its rules, each on what the one before has left:

==============  ==================================================================================
``invisible``   characters without an appearance are taken out, unless the script needs them
``composed``    NFC; compatibility ideographs, radicals and ligatures become what they look like
``breaks``      a line that only ran out of room is joined to the next, as its script does it
``blanks``      unusual blanks and runs of them become one; stray ones between ideographs go
==============  ==================================================================================

Pure and linear; a text that needs none of it costs a scan.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from service.ner.fold import blanks, breaks, composed, invisible
from service.ner.fold.edits import Edit, Edits
from service.ner.types import Entity

Span = tuple[int, int]

_STEPS: tuple[Callable[[str], Sequence[Edit]], ...] = (
    invisible.edits,
    composed.edits,
    breaks.edits,
    blanks.edits,
)
_UNUSUAL = re.compile(f"[^ {composed.USUAL}]")


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` is what the model reads of ``received``. Offsets in both are half-open, in code
    points; spans are not empty."""

    received: str
    text: str
    steps: tuple[Edits, ...] = ()

    def back(self, start: int, end: int) -> Span:
        """Where in the text as received a span of ``text`` stands: what was taken out inside it
        is a part of it, what was taken out beside it is not."""
        for step in reversed(self.steps):
            start, end = step.before(start, end)
        return start, end

    def forth(self, start: int, end: int) -> Span:
        """Where in ``text`` a span of the text as received stands; empty where nothing is left."""
        for step in self.steps:
            start, end = step.after(start, end)
        return start, max(start, end)

    def cut(self, place: int) -> int:
        """The place in the text as received for one between two characters of ``text``: parts
        that follow each other there, from beginning to end, do so here."""
        if place >= len(self.text):
            return len(self.received)
        return self.back(place, place + 1)[0] if place else 0

    def entity(self, found: Entity) -> Entity:
        """An entity of ``text``, placed in the text as received."""
        if not self.steps:
            return found
        start, end = self.back(found.start, found.end)
        return replace(found, start=start, end=end)

    def read(self, found: Entity) -> Entity:
        """An entity of the text as received, placed in ``text``."""
        if not self.steps:
            return found
        start, end = self.forth(found.start, found.end)
        return replace(found, start=start, end=end)


def fold(text: str) -> Folded:
    """What the model reads of ``text``."""
    if _UNUSUAL.search(text) is None and not blanks.has_any(text):
        return Folded(text, text)
    steps, folded = [], text
    for step in _STEPS:
        if found := step(folded):
            edits = Edits(found)
            steps.append(edits)
            folded = edits.made(folded)
    return Folded(text, folded, tuple(steps))
