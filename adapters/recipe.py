"""recipe.toml <-> Recipe: everything that decides what an adapter learns."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from service.manifest import ManifestError, template
from service.ner.formats import FORMATS
from service.ner.prompt import Template
from service.ner.types import Label, Occurrences
from service.toml_fields import Fields

FILE_NAME = "recipe.toml"

Frozen = Literal["int8", "float32", "bfloat16"]


class RecipeError(Exception):
    """A recipe that cannot be used: names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Data:
    """Rows, and the shares of rows with other properties (see ``augment.Mix``)."""

    held_out: int
    rows: int
    subset: float
    empty: float
    joined: float


@dataclass(frozen=True, slots=True)
class Lora:
    """Which matrices are adapted, in layers ``first_layer`` to ``last_layer`` inclusive."""

    rank: int
    alpha: int
    dropout: float
    targets: tuple[str, ...]
    first_layer: int
    last_layer: int


@dataclass(frozen=True, slots=True)
class Train:
    """The optimiser's settings; ``warm_up`` is a share of the steps, ``…_every`` are steps.

    Two that trade time for memory: ``rows_at_once``, 0 for all of a step, splits a step's rows and
    adds up their gradients; ``gradient_checkpointing`` computes each layer a second time in the
    backward pass instead of keeping what it computed (arXiv 1604.06174).
    """

    seed: int
    epochs: int
    rows_a_step: int
    learning_rate: float
    warm_up: float
    clip: float
    validate_every: int
    validation_rows: int
    checkpoint_every: int
    frozen: Frozen
    rows_at_once: int = 0
    gradient_checkpointing: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """``base`` is a model's name, not a path; ``prompt`` the name of ``template``, a built-in one
    or a file beside the recipe; ``max_chars`` the longest text in code points; ``start`` an
    adapter's folder, seen from the recipe's, whose weights training begins with, or nothing for
    fresh ones.
    """

    base: str
    prompt: str
    template: Template
    format: str
    occurrences: Occurrences
    max_chars: int
    labels: tuple[Label, ...]
    data: Data
    lora: Lora
    train: Train
    start: str = ""


def load(path: Path) -> Recipe:
    """Read a recipe; raises RecipeError for an unknown, missing or impossible key."""
    try:
        fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        lora = fields.pop("lora")
        recipe = Recipe(
            labels=tuple(Label(**label) for label in fields.pop("labels")),
            data=Data(**fields.pop("data")),
            lora=Lora(**{**lora, "targets": tuple(lora["targets"])}),
            train=Train(**fields.pop("train")),
            template=template(Fields(path, fields), path.parent),
            **fields,
        )
    except ManifestError as exc:
        raise RecipeError(str(exc)) from exc
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise RecipeError(f"{path}: {exc}") from exc
    except KeyError as exc:
        raise RecipeError(f"{path}: no key {exc}") from exc
    except TypeError as exc:
        raise RecipeError(f"{path}: {exc}") from exc
    if recipe.format not in FORMATS:
        expected = ", ".join(FORMATS)
        raise RecipeError(f"{path}: format = {recipe.format!r}; expected one of {expected}")
    return recipe
