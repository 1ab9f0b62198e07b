"""recipe.toml <-> Recipe: everything that decides what an adapter learns."""

import shutil
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from service.models.manifest import ManifestError, labels_of, template
from service.models.toml_fields import Fields, shown
from service.ner.formats import FORMATS
from service.ner.prompt import Template
from service.ner.types import Label
from service.wire.wording import why_unusable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILE_NAME = "recipe.toml"

Frozen = Literal["int8", "float32", "bfloat16"]
# ``in_order`` wants a mention for each place; a trained answer names each surface once.
Learned = Literal["all", "as_read"]
Share = Annotated[float, Field(ge=0, le=1)]
# Of up to nine digits, as a manifest takes them; torch has no more than 64 bits for any.
Count = Annotated[int, Field(ge=0, lt=10**9)]
Positive = Annotated[int, Field(gt=0, lt=10**9)]
Layer = Annotated[int, Field(ge=0, lt=1000)]
Module = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# How a step's labels are written: see ``label_names``.
Style = Literal["described", "plain", "partly", "id", "opaque"]

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


class RecipeError(Exception):
    """A recipe that cannot be used: names the file, the key, the value and what was expected."""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Data:
    """Rows, and the shares of rows with other properties (see ``augment.Mix``)."""

    held_out: Count
    rows: Count
    subset: Share
    empty: Share
    joined: Share


@dataclass(frozen=True, slots=True, config=_STRICT)
class Lora:
    """Which matrices are adapted, in layers ``first_layer`` to ``last_layer`` inclusive."""

    rank: Positive
    alpha: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]
    targets: Annotated[tuple[Module, ...], Field(min_length=1)]
    first_layer: Layer
    last_layer: Layer

    @field_validator("targets")
    @classmethod
    def _each_once(cls, value: tuple[Module, ...]) -> tuple[Module, ...]:
        if len(set(value)) < len(value):
            raise PydanticCustomError("twice", "Input should have each only once")
        return value

    @field_validator("last_layer")
    @classmethod
    def _not_before_first(cls, value: int, info: ValidationInfo) -> int:
        first = info.data.get("first_layer", 0)
        if value < first:
            raise PydanticCustomError(
                "no_layer", "Input should be first_layer = {first} or more", {"first": first}
            )
        return value


@dataclass(frozen=True, slots=True, config=_STRICT)
class Train:
    """The optimiser's settings; ``warm_up`` is a share of the steps, ``…_every`` are steps.

    Two trade time for memory: ``rows_at_once``, 0 for all of a step, splits a step's rows and adds
    up their gradients; ``gradient_checkpointing`` computes each layer a second time in the backward
    pass instead of keeping what it computed (arXiv 1604.06174).
    """

    seed: Annotated[int, Field(ge=0, lt=2**64)]
    epochs: Positive
    rows_a_step: Positive
    learning_rate: Annotated[float, Field(gt=0, le=1)]  # AdamW moves a weight by as much
    warm_up: Share
    clip: Annotated[float, Field(gt=0)]
    validate_every: Positive
    validation_rows: Count
    checkpoint_every: Positive
    frozen: Frozen
    rows_at_once: Count = 0
    gradient_checkpointing: bool = False


class Named(TypedDict):
    """A label's natural name and description in another language than its source's."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")  # type: ignore[misc]

    name: str
    description: str


@dataclass(frozen=True, slots=True, config=_STRICT)
class Sources:
    """For an adapter that takes any labels: training rows of many sources, one source a step.

    ``labels``: the most that a prompt asks for. ``noise``: share of rows that are written less
    neatly. ``longest``: by language, the length in code points above which a row is cut. ``names``:
    how labels are written, style → weight (see ``label_names``). ``rows``: source → how many of its
    rows are seen in an epoch; the sources that are not named give ``data.rows`` (0: none of them).
    ``titles``: source → its labels of works, whose titles may have 《》 (see ``title_marks``).
    ``translations``: source → label → name and description in another language, which the share
    ``translated`` of the source's steps have in place of their own.
    """

    labels: Positive
    noise: Share
    longest: Mapping[str, Positive]
    names: Mapping[Style, Positive]
    rows: Mapping[str, Count]
    titles: Mapping[str, list[str]] = field(default_factory=dict)
    translated: Share = 0.0
    translations: Mapping[str, Mapping[str, Named]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, config=_STRICT)
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
