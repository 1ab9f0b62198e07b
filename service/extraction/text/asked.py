"""What a request asks of every chunk of its texts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from service.errors import RequestTooLarge
from service.extraction.text.scoring import Scoring
from service.models.registry import Served
from service.ner.narrowing import narrowed
from service.ner.prompt import Example
from service.ner.types import Constraint, Dropped, Entity, Label, Overlaps


@dataclass(frozen=True)  # without slots, for what is derived once for all chunks
class Asked:
    """What is sought, by which model, how: the same for every chunk of a request.

    ``labels`` are those of the prompt; ``wanted`` the names of those that go into the answer, None
    for all of them. ``scoring`` is None when there are no scores. ``end_bias`` is added to the
    logits of what ends an answer. ``too_large`` has why no chunk has room beside labels and
    examples, once one was found to have none.
    """

    served: Served
    labels: tuple[Label, ...]
    constraint: Constraint = "grounded"
    overlaps: Overlaps = "longest"
    examples: tuple[Example, ...] = ()
    scoring: Scoring | None = None
    wanted: frozenset[str] | None = None
    end_bias: float = 0.0
    too_large: list[RequestTooLarge] = field(default_factory=list, compare=False)

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The labels that take a title in 《》 whole: by the manifest, or by their description."""
        return self.served.decoding.titles_of(self.labels)

    @cached_property
    def wants(self) -> Callable[[Entity | Dropped], bool]:
        """Does it go into the answer?"""
        return narrowed(self.labels, self.wanted)

    def fills_most(self, text_bytes: int) -> tuple[str, str]:
        """The request's field that makes most of a prompt whose text has so many bytes, and its
        share in words. The labels of a tuned model are not the request's."""
        labels = (label.written + label.description for label in self.labels)
        examples = (example.text + example.completion for example in self.examples)
        sizes = {
            "text": text_bytes,
            "labels": sum(len(one.encode()) for one in labels) if self.served.is_open else 0,
            "examples": sum(len(one.encode()) for one in examples),
        }
        shares = {
            "text": "text makes",
            "labels": "labels and their descriptions make most of",
            "examples": "examples make most of",
        }
        field = max(sizes, key=sizes.__getitem__)
        return field, shares[field]
