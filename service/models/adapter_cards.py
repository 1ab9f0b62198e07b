"""What ``GET /adapters`` says: each adapter in the folder, served or not, and each problem."""

from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import BaseModel, Field

from service.models.live_registry import LiveRegistry
from service.models.manifest import Adapter, Evaluation

State = Literal["loaded", "registered", "disabled", "refused", "other base"]


class AdapterCard(BaseModel):
    """An adapter by its public name."""

    name: str
    engine_name: str
    base: str
    rank: int
    open: bool = Field(
        description="whether it takes any labels; those here are what it looks for without any"
    )
    labels: list[str]
    format: str
    prompt: str
    evaluation: list[Evaluation]
    default: bool
    aliases: list[str]
    state: State = Field(
        description="loaded: the engine has it in memory; registered: it loads it when it is first "
        "asked; refused: see problems; disabled: DELETE took it away; other base: not the engine's"
    )


class AdapterList(BaseModel):
    """``problems``: a file or folder, and why it cannot be used; what was served stays."""

    default: str
    open: str | None = Field(
        description="the adapter that answers for labels which the default does not know"
    )
    aliases: dict[str, str]
    adapters: list[AdapterCard]
    problems: dict[str, str]


def cards(registry: LiveRegistry, loaded: Collection[str]) -> AdapterList:
    """``loaded`` are the engine's names of what it has in memory."""
    served = {name: one.adapter for name, one in registry.models.items() if one.adapter}
    there: Mapping[str, Adapter] = {**registry.found.adapters, **served}
    return AdapterList(
        default=registry.default,
        open=registry.open,
        aliases=dict(registry.aliases),
        adapters=[card(one, registry, loaded) for _, one in sorted(there.items())],
        problems=dict(registry.problems),
    )


def card(adapter: Adapter, registry: LiveRegistry, loaded: Collection[str]) -> AdapterCard:
    """One of them."""
    return AdapterCard(
        name=adapter.name,
        engine_name=adapter.engine_name,
        base=adapter.base,
        rank=adapter.rank,
        open=adapter.open,
        labels=[label.name for label in adapter.labels],
        format=adapter.format,
        prompt=adapter.prompt,
        evaluation=list(adapter.evaluation),
        default=adapter.name == registry.default,
        aliases=[alias for alias, name in registry.aliases.items() if name == adapter.name],
        state=_state(adapter, registry, loaded),
    )


def _state(adapter: Adapter, registry: LiveRegistry, loaded: Collection[str]) -> State:
    if adapter.name in registry.models:
        return "loaded" if adapter.engine_name in loaded else "registered"
    if adapter.name in registry.found.names.disabled:
        return "disabled"
    return "refused" if adapter.base in registry.models else "other base"
