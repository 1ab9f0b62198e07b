"""The tables of a recipe, and what a value in them may be."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

Frozen = Literal["int8", "float32", "bfloat16"]
Share = Annotated[float, Field(ge=0, le=1)]
# Of up to nine digits, as a manifest takes them; torch has no more than 64 bits for any.
Count = Annotated[int, Field(ge=0, lt=10**9)]
Positive = Annotated[int, Field(gt=0, lt=10**9)]
Layer = Annotated[int, Field(ge=0, lt=1000)]
Module = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# How a step's labels are written: see ``label_names``.
Style = Literal["described", "plain", "partly", "id", "opaque"]

STRICT = ConfigDict(strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True, config=STRICT)
class Data:
    """Rows, and the shares of rows with other properties (see ``augment.Mix``)."""

    held_out: Count
    rows: Count
    subset: Share
    empty: Share
    joined: Share


@dataclass(frozen=True, slots=True, config=STRICT)
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


@dataclass(frozen=True, slots=True, config=STRICT)
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


@dataclass(frozen=True, slots=True, config=STRICT)
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
