"""What an adapter wrote about a text, and what stands in the text of it. Needs no torch."""

from dataclasses import dataclass
from typing import Any, Self

from adapters.data.examples import Example
from service.models.manifest import Adapter
from service.ner.align import align
from service.ner.fold import Folded
from service.ner.formats import FORMATS
from service.ner.types import Dropped
from service.ner.unfolding import unfolded


@dataclass(frozen=True, slots=True)
class Answer:
    """``completion`` is what the model wrote; ``found`` what stands in the text of it;
    ``truncated``: it ran out of room.
    """

    completion: str
    found: Example
    dropped: tuple[Dropped, ...]
    truncated: bool

    def shown(self) -> dict[str, Any]:
        """As JSON: like an answer of ``/extract``, and the completion."""
        text = self.found.text
        return {
            "completion": self.completion,
            "entities": [
                {"label": e.label, "text": text[e.start : e.end], "start": e.start, "end": e.end}
                for e in self.found.entities
            ],
            "dropped": [
                {"label": one.label, "text": one.text, "reason": one.reason} for one in self.dropped
            ],
            "truncated": self.truncated,
        }

    @classmethod
    def read(
        cls, adapter: Adapter, folded: Folded, shown: str, completion: str, *, complete: bool
    ) -> Self:
        """What ``adapter`` wrote about the text ``folded``, ``shown`` as its prompt had it; read
        and aligned as in serving. ``complete``: it came to its end."""
        decoded = FORMATS[adapter.format].decode(completion, adapter.labels, complete=complete)
        titles = adapter.decoding.titles_of(adapter.labels)
        aligned = align(shown, decoded.mentions, adapter.occurrences, titles=titles)
        entities, overlapping = unfolded(aligned.entities, folded)
        dropped = decoded.dropped + aligned.dropped + overlapping
        return cls(completion, Example(folded.received, entities), dropped, not complete)
