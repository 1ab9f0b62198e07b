"""A model as requests see it, and the labels that it can be asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.errors import InvalidRequest
from service.models.decoding import UNCHANGED, Decoding
from service.models.manifest import Adapter
from service.ner.formats import FORMATS, Format
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Label, Occurrences, refuse_written

# The labels that a caller asks for: names, or names with descriptions.
AskedLabels = Sequence[str] | Mapping[str, str]

# What the base model looks for when a request names no labels.
OPEN_LABELS = tuple(
    Label(name, name, description)
    for name, description in (
        ("person", "name of a person (人名)"),
        ("organization", "company, government body, team or other organization (机构)"),
        ("location", "place, address, building or scenic spot (地点)"),
        ("work", "title of a book, film, song or game (作品)"),
        ("position", "job title (职位)"),
    )
)


@dataclass(frozen=True, slots=True)
class Served:
    """A model as requests see it: its names here and in the engine, its prompt and its format.

    ``adapter`` is None for the base model. That model is open, and so may an adapter be: it takes
    any labels, and looks for ``labels`` when a request names none; the others take a choice of
    ``labels``.
    """

    name: str
    engine_name: str
    template: Template
    format: Format
    labels: tuple[Label, ...]
    occurrences: Occurrences
    adapter: Adapter | None

    @property
    def is_open(self) -> bool:
        """Does it take any labels?"""
        return self.adapter is None or self.adapter.open

    @property
    def decoding(self) -> Decoding:
        """How it answers requests that do not say."""
        return self.adapter.decoding if self.adapter else UNCHANGED

    @classmethod
    def base(cls, name: str) -> "Served":
        """The base model: open extraction by instruction."""
        template, answer = BUILT_IN["open-json-1"], FORMATS["json"]
        return cls(name, name, template, answer, OPEN_LABELS, "all", adapter=None)

    @classmethod
    def tuned(cls, adapter: Adapter) -> "Served":
        """What an adapter's manifest says."""
        return cls(
            name=adapter.name,
            engine_name=adapter.engine_name,
            template=adapter.template,
            format=FORMATS[adapter.format],
            labels=adapter.labels,
            occurrences=adapter.occurrences,
            adapter=adapter,
        )

    def takes(self, asked: AskedLabels) -> bool:
        """Can it find these labels? A tuned model has its own understanding of its own, and so
        takes no descriptions."""
        if self.is_open:
            return True
        return not isinstance(asked, Mapping) and {one.name for one in self.labels}.issuperset(
            asked
        )

    def choose(self, asked: AskedLabels | None) -> tuple[Label, ...]:
        """The labels that one request wants; raises InvalidRequest for labels that this model
        cannot find."""
        if asked is None:
            return self.labels
        if self.is_open:
            return self._opened(asked)
        if isinstance(asked, Mapping):
            expected = f"a list, since {self.name} was tuned on its own descriptions"
            raise InvalidRequest(f"labels is an object; expected {expected}", param="labels")
        known = {label.name: label for label in self.labels}
        unknown = next((name for name in asked if name not in known), None)
        if unknown is not None:
            expected = f"labels of {self.name}: {', '.join(known)}"
            raise InvalidRequest(f"labels has {unknown!r}; expected {expected}", param="labels")
        return tuple(label for label in self.labels if label.name in asked)

    def _opened(self, asked: AskedLabels) -> tuple[Label, ...]:
        described = asked if isinstance(asked, Mapping) else dict.fromkeys(asked, "")
        for name in described:
            refusal = refuse_written(name) or self.format.refuse_label(name)
            if refusal:
                raise InvalidRequest(f"labels has {name!r}; expected {refusal}", param="labels")
        return tuple(Label(name, name, description) for name, description in described.items())
