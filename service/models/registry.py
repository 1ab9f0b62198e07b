"""Which models there are, and what each needs to extract: from the adapters folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from service.errors import InvalidRequest, ModelNotFound
from service.models import names
from service.models.manifest import Adapter, load_all
from service.ner.formats import FORMATS, Format
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Label, Occurrences, refuse_written

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


class RegistryError(Exception):
    """The adapters folder and the settings contradict each other; says how."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model as requests see it: its names here and in the engine, its prompt and its format.

    ``adapter`` is None for the base model, which is open: it takes any labels; the others take a
    choice of ``labels``.
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
        return self.adapter is None

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

    def choose(self, asked: Sequence[str] | Mapping[str, str] | None) -> tuple[Label, ...]:
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

    def _opened(self, asked: Sequence[str] | Mapping[str, str]) -> tuple[Label, ...]:
        described = asked if isinstance(asked, Mapping) else dict.fromkeys(asked, "")
        for name in described:
            refusal = refuse_written(name) or self.format.refuse_label(name)
            if refusal:
                raise InvalidRequest(f"labels has {name!r}; expected {refusal}", param="labels")
        return tuple(Label(name, name, description) for name, description in described.items())


class Models(Protocol):
    """Which models there are: a Registry, or one that follows its files."""

    @property
    def models(self) -> Mapping[str, Served]:
        """By public name."""

    @property
    def default(self) -> str:
        """The name of the model that answers requests which name none."""

    def resolve(self, name: str | None) -> Served:
        """The model of that name or alias, or the default; raises ModelNotFound."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Public names and what they stand for; ``default`` answers requests that name no model."""

    models: Mapping[str, Served]
    default: str
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        base: str,
        adapters: Iterable[Adapter],
        default: str | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> "Registry":
        """``base`` and its adapters, not those of other bases. Raises RegistryError."""
        models = {base: Served.base(base)}
        models |= {a.name: Served.tuned(a) for a in adapters if a.base == base}
        aliases = aliases or {}
        there = f"expected one of {', '.join(models)} (the base {base} and its adapters)"
        for alias, name in aliases.items():
            if alias in models:
                raise RegistryError(f"the alias {alias!r} is the name of a model; expected another")
            if name not in models:
                raise RegistryError(f"the alias {alias!r} stands for {name!r}; {there}")
        default = aliases.get(default or base, default or base)
        if default not in models:
            raise RegistryError(f"the default model is {default!r}; {there}")
        return cls(models, default, aliases)

    def resolve(self, name: str | None) -> Served:
        """The model of that name or alias, or the default; raises ModelNotFound."""
        wanted = self.default if name is None else self.aliases.get(name, name)
        served = self.models.get(wanted)
        if served is None:
            raise ModelNotFound(
                f"model has {str(name)[:80]!r}; expected one of "
                f"{', '.join((*self.models, *self.aliases))}",
                param="model",
                code="model_not_found",
            )
        return served


def load(folder: Path, base: str, default: str | None) -> Registry:
    """Read the adapters folder; ``default`` overrides registry.toml's.

    Raises ManifestError and RegistryError.
    """
    adapters = load_all(folder)
    named = of_base(base, adapters, names.read(folder))
    enabled = (one for one in adapters if one.name not in named.disabled)
    return Registry.of(base, enabled, default or named.default, named.aliases)


def of_base(base: str, adapters: Iterable[Adapter], named: names.Names) -> names.Names:
    """``named`` without the default and the aliases that stand for adapters of another base: one
    folder may serve several engines, and the base model answers where its adapters have no say."""
    elsewhere = {one.name for one in adapters if one.base != base}
    aliases = {alias: name for alias, name in named.aliases.items() if name not in elsewhere}
    default = named.resolved()
    return replace(named, default=None if default in elsewhere else named.default, aliases=aliases)


def default_of(folder: Path) -> str | None:
    """The default adapter that ``folder/registry.toml`` names; raises ManifestError."""
    return names.read(folder).resolved()
