"""Which models there are, and what each needs to extract: from the adapters folder."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.errors import InvalidRequest, ModelNotFound
from service.manifest import Adapter, ManifestError, load_all
from service.ner.formats import FORMATS, Format
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Label, Occurrences, refuse_written

FILE_NAME = "registry.toml"

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

    ``is_open`` models (the base) take any labels; the others, a choice of ``labels``.
    """

    name: str
    engine_name: str
    template: Template
    format: Format
    labels: tuple[Label, ...]
    occurrences: Occurrences
    is_open: bool

    @classmethod
    def base(cls, name: str) -> "Served":
        """The base model: open extraction by instruction."""
        template, answer = BUILT_IN["open-json-1"], FORMATS["json"]
        return cls(name, name, template, answer, OPEN_LABELS, "all", is_open=True)

    @classmethod
    def adapter(cls, adapter: Adapter) -> "Served":
        """What an adapter's manifest says."""
        return cls(
            name=adapter.name,
            engine_name=adapter.engine_name,
            template=adapter.template,
            format=FORMATS[adapter.format],
            labels=adapter.labels,
            occurrences=adapter.occurrences,
            is_open=False,
        )

    def choose(self, asked: Sequence[str] | Mapping[str, str] | None) -> tuple[Label, ...]:
        """The labels of one request; raises InvalidRequest for labels this model cannot find."""
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
        # In the manifest's order: the prompt is then one that the adapter was trained on.
        return tuple(label for label in self.labels if label.name in asked)

    def _opened(self, asked: Sequence[str] | Mapping[str, str]) -> tuple[Label, ...]:
        described = asked if isinstance(asked, Mapping) else dict.fromkeys(asked, "")
        for name in described:
            refusal = refuse_written(name) or self.format.refuse_label(name)
            if refusal:
                raise InvalidRequest(f"labels has {name!r}; expected {refusal}", param="labels")
        return tuple(Label(name, name, description) for name, description in described.items())


@dataclass(frozen=True, slots=True)
class Registry:
    """Public names and what they stand for; ``default`` answers requests that name no model."""

    models: Mapping[str, Served]
    default: str

    @classmethod
    def of(cls, base: str, adapters: Iterable[Adapter], default: str | None = None) -> "Registry":
        """``base`` and its adapters, not those of other bases. Raises RegistryError."""
        models = {base: Served.base(base)}
        models |= {a.name: Served.adapter(a) for a in adapters if a.base == base}
        if default is not None and default not in models:
            raise RegistryError(
                f"the default model is {default!r}; expected one of {', '.join(models)} "
                f"(the base {base} and its adapters)"
            )
        return cls(models, default or base)

    def resolve(self, name: str | None) -> Served:
        """The model of that name, or the default; raises ModelNotFound."""
        served = self.models.get(self.default if name is None else name)
        if served is None:
            raise ModelNotFound(
                f"model has {str(name)[:80]!r}; expected one of {', '.join(self.models)}",
                param="model",
                code="model_not_found",
            )
        return served


def load(folder: Path, base: str, default: str | None) -> Registry:
    """Read the adapters folder; ``default`` overrides registry.toml's.

    Raises ManifestError and RegistryError.
    """
    return Registry.of(base, load_all(folder), default or default_of(folder))


def default_of(folder: Path) -> str | None:
    """The default adapter that ``folder/registry.toml`` names; raises ManifestError."""
    path = folder / FILE_NAME
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ManifestError(f"{path}: not a TOML file: {exc}") from exc
    default = fields.get("default")
    if default is not None and not isinstance(default, str):
        raise ManifestError(f"{path}: default = {default!r}; expected the name of an adapter")
    return default or None
