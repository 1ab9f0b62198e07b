"""Which models there are, and what each needs to extract: from the adapters folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from service.errors import ModelNotFound
from service.models import names
from service.models.folder import read
from service.models.manifest import Adapter
from service.models.served import AskedLabels as AskedLabels
from service.models.served import Served as Served


class RegistryError(Exception):
    """The adapters folder and the settings contradict each other; says how."""


class Models(Protocol):
    """Which models there are: a Registry, or one that follows its files."""

    @property
    def models(self) -> Mapping[str, Served]:
        """By public name."""

    @property
    def default(self) -> str:
        """The name of the model that answers requests which name none."""

    def resolve(self, name: str | None, labels: AskedLabels | None = None) -> Served:
        """The model of that name or alias; without a name the default, or the open adapter for
        ``labels`` that the default does not take. Raises ModelNotFound."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Public names and what they stand for; ``default`` answers requests that name no model, and
    ``open`` those of them whose labels the default does not take; None: no adapter takes any."""

    models: Mapping[str, Served]
    default: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    open: str | None = None

    @classmethod
    def of(
        cls,
        base: str,
        adapters: Iterable[Adapter],
        default: str | None = None,
        aliases: Mapping[str, str] | None = None,
        opened: str | None = None,
    ) -> "Registry":
        """``base`` and its adapters, not those of other bases. ``opened`` left out: the first open
        adapter by name. Raises RegistryError."""
        own = [adapter for adapter in adapters if adapter.base == base]
        if any(adapter.name == base for adapter in own):
            raise RegistryError(
                f"the adapter {base!r} is called as its base is; expected another name and folder"
            )
        models = {base: Served.base(base)} | {a.name: Served.tuned(a) for a in own}
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
        return cls(models, default, aliases, _open(models, aliases, opened))

    def resolve(self, name: str | None, labels: AskedLabels | None = None) -> Served:
        """The model of that name or alias; without a name the default, or the open adapter for
        ``labels`` that the default does not take. Raises ModelNotFound."""
        wanted = self._unnamed(labels) if name is None else self.aliases.get(name, name)
        served = self.models.get(wanted)
        if served is None:
            raise ModelNotFound(
                f"model has {str(name)[:80]!r}; expected one of "
                f"{', '.join((*self.models, *self.aliases))}",
                param="model",
                code="model_not_found",
            )
        return served

    def _unnamed(self, labels: AskedLabels | None) -> str:
        if self.open is None or labels is None or self.models[self.default].takes(labels):
            return self.default
        return self.open


def _open(
    models: Mapping[str, Served], aliases: Mapping[str, str], wanted: str | None
) -> str | None:
    there = sorted(name for name, one in models.items() if one.adapter and one.adapter.open)
    if wanted is None:
        return next(iter(there), None)
    name = aliases.get(wanted, wanted)
    if name not in there:
        some = (
            f"expected one of {', '.join(there)}" if there else "no adapter here takes any labels"
        )
        raise RegistryError(f"open is {wanted!r}; {some}")
    return name


def untuned(base: str) -> str:
    """What is said wherever the base model itself answers requests that name no model."""
    return (
        f"requests that name no model are answered by {base} itself, untuned, and much worse than "
        "by a tuned adapter: make one (adapters/README.md), or bring one "
        "(adapters/BRING_YOUR_OWN.md)"
    )


def load(folder: Path, base: str, default: str | None) -> Registry:
    """Read the adapters folder; ``default`` overrides registry.toml's. An adapter that cannot be
    read is left out, as the gateway leaves it out.

    Raises ManifestError and RegistryError.
    """
    found = read(folder)
    adapters = [*found.adapters.values()]
    named = of_base(base, adapters, found.names)
    enabled = (one for one in adapters if one.name not in named.disabled)
    return Registry.of(base, enabled, default or named.default, named.aliases, named.open)


def of_base(base: str, adapters: Iterable[Adapter], named: names.Names) -> names.Names:
    """``named`` without what stands for adapters of another base: default, open and aliases. One
    folder may serve several engines, and the base model answers where its adapters have no say."""
    elsewhere = {one.name for one in adapters if one.base != base}
    aliases = {alias: name for alias, name in named.aliases.items() if name not in elsewhere}
    default, opened = (
        None if name and named.resolved(name) in elsewhere else name
        for name in (named.default, named.open)
    )
    return replace(named, default=default, open=opened, aliases=aliases)


def default_of(folder: Path) -> str | None:
    """The default adapter that ``folder/registry.toml`` names; raises ManifestError."""
    return names.read(folder).resolved()
