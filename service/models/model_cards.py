"""What ``/v1/models`` says of each model: OpenAI's fields, and what an adapter's manifest adds."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from service.models.manifest import Evaluation
from service.models.registry import Served


class ModelCard(BaseModel):
    """A model by a public name."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="when this gateway started, in seconds since 1970")
    owned_by: str = "nerve"
    alias_of: str | None = Field(description="the name of the model that an alias stands for")
    parent: str | None = Field(description="an adapter's base model; null for a base model")
    loaded: bool = Field(description="whether the engine has it now")
    max_model_len: int | None = Field(description="tokens of prompt and completion, as it says")
    open: bool = Field(description="whether it takes any labels")
    labels: list[str] | None = Field(
        description="what it finds; of an open adapter, what it looks for where none are named; "
        "null for a base model"
    )
    weights: str | None = Field(description="an adapter's: the first digits of their sha256")
    rank: int | None = Field(description="of the LoRA")
    prompt: str | None = Field(description="the version of the prompt that it was trained with")
    evaluation: list[Evaluation] = Field(description="what was measured of it: F1 from 0 to 1")


class ModelCards(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


def card(name: str, served: Served, windows: Mapping[str, int | None], created: int) -> ModelCard:
    """Of the model that ``name`` stands for.

    ``windows`` are the engine's names of what it has loaded, with their windows in tokens.
    """
    adapter = served.adapter
    # An engine says it of the base model only.
    window = windows.get(served.engine_name) or windows.get(adapter.base if adapter else "")
    return ModelCard(
        id=name,
        created=created,
        alias_of=served.name if served.name != name else None,
        parent=adapter.base if adapter else None,
        loaded=served.engine_name in windows,
        max_model_len=window if served.engine_name in windows else None,
        open=served.is_open,
        labels=[label.name for label in adapter.labels] if adapter else None,
        weights=adapter.version if adapter else None,
        rank=adapter.rank if adapter else None,
        prompt=adapter.prompt if adapter else None,
        evaluation=list(adapter.evaluation) if adapter else [],
    )
