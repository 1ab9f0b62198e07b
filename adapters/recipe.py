"""recipe.toml <-> Recipe: everything that decides what an adapter learns."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from pydantic import ValidationError
from pydantic.dataclasses import dataclass

from adapters.recipe_tables import STRICT, Data, Lora, Positive, Sources, Train
from service.models.manifest import ManifestError, labels_of, template
from service.models.toml_fields import Fields, shown
from service.ner.formats import FORMATS
from service.ner.prompt import Template
from service.ner.types import Label
from service.wire.wording import why_unusable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILE_NAME = "recipe.toml"

# ``in_order`` wants a mention for each place; a trained answer names each surface once.
Learned = Literal["all", "as_read"]


class RecipeError(Exception):
    """A recipe that cannot be used: names the file, the key, the value and what was expected."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Recipe:
    """``base`` is a model's name, not a path; ``prompt`` the name of ``template``, a built-in one
    or a file beside the recipe; ``max_chars`` the longest text in code points; ``start`` an
    adapter's folder, seen from the recipe's, whose weights training begins with, or nothing for
    fresh ones. With ``sources`` the labels are those that are asked for when a caller names none,
    the data are a folder, and ``data.held_out`` rows of each source are held out.
    """

    base: str
    prompt: str
    template: Template
    format: str
    occurrences: Learned
    max_chars: Positive
    labels: tuple[Label, ...]
    data: Data
    lora: Lora
    train: Train
    start: str = ""
    sources: Sources | None = None


_TABLES: Mapping[str, type[Any]] = MappingProxyType({"data": Data, "lora": Lora, "train": Train})
T = TypeVar("T", bound="DataclassInstance")


def load(path: Path) -> Recipe:
    """Read a recipe; raises RecipeError for an unknown, missing or impossible key."""
    try:
        return _recipe(Fields.read(path, "a recipe"))
    except ManifestError as exc:
        raise RecipeError(str(exc)) from exc
    except OSError as exc:
        raise RecipeError(f"{path}: {why_unusable(exc)}; expected a recipe") from exc


def copy(path: Path, plan: Recipe, folder: Path) -> None:
    """Put the recipe ``plan`` of file ``path``, and its own prompt file, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    prompt = [path.with_name(plan.prompt)] if plan.prompt.endswith(".toml") else []
    for source, name in ((path, FILE_NAME), *((one, one.name) for one in prompt)):
        if source.resolve() != (folder / name).resolve():
            shutil.copyfile(source, folder / name)


def _recipe(fields: Fields) -> Recipe:
    values = dict(fields.values)
    format_name = fields.one_of("format", tuple(FORMATS))
    fields.one_of("occurrences", get_args(Learned))
    labels_of(fields, format_name)  # what a label may be is the format's to say
    labels = [
        _checked(fields, "labels", Label, {"written": label["name"], **label})
        for label in values.pop("labels")
    ]
    tables = {name: _table(fields, name, kind) for name, kind in _TABLES.items()}
    if "sources" in fields.values:
        tables["sources"] = _table(fields, "sources", Sources)
    found = template(fields, fields.path.parent)
    return _checked(fields, "", Recipe, values | tables | {"labels": labels, "template": found})


def _table(fields: Fields, name: str, kind: type[T]) -> T:
    values = fields.values.get(name)
    if not isinstance(values, dict):
        raise fields.wrong(name, values, f"a table [{name}]")
    return _checked(fields, name, kind, values)


def _checked(fields: Fields, name: str, kind: type[T], values: dict[str, Any]) -> T:
    """``kind`` of these values; raises ManifestError for the first that it does not take."""
    unknown = next((key for key in values if key not in kind.__dataclass_fields__), None)
    where = f"{name}." if name else ""
    if unknown is not None:
        expected = f"one of the keys {', '.join(kind.__dataclass_fields__)}"
        raise ManifestError(f"{fields.path}: {where}{unknown}: not known; expected {expected}")
    plain = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    try:
        return kind(**plain)
    except ValidationError as exc:
        first = exc.errors()[0]
        key, missing = ".".join(map(str, first["loc"])), first["type"] == "missing"
        value = "" if missing else f" = {shown(first['input'])}"
        raise ManifestError(f"{fields.path}: {where}{key}{value}: {first['msg']}") from exc
