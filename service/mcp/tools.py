"""The tools, whoever does the work: ``extract``, ``redact``, ``list_models``.

What an agent reads of them are the docstrings and the descriptions of their fields.
"""

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from pydantic import BaseModel, Field

from service.errors import NerveError
from service.mcp.arguments import request, strict
from service.mcp.backend import Backend
from service.models.adapter_cards import AdapterCard, AdapterList
from service.wire.requests import ExtractRequest, RedactRequest, no_more_than
from service.wire.responses import ExtractResponse, RedactResponse
from service.wire.wording import meant, shown

Answer = TypeVar("Answer")

TEXT = Field(description="the text, as it is: offsets count its code points")
Labels = Annotated[list[str] | dict[str, str] | None, no_more_than(100)]
LABELS = Field(
    description="only these labels, of those that list_models names for the model; left out: all. "
    "A model whose labels are null takes any, such as product or disease, and is asked by itself "
    'where the default lacks one: by name, or better as {"name": "what it means"}'
)
MODEL = Field(description="one of list_models; left out: the default")
MIN_SCORE = Field(
    ge=0,
    le=1,
    description="leave out entities that are less certain; above 0 only for a model with scores; "
    "left out: as much as the model does by itself",
)
MASK = Field(
    max_length=100,
    description="what stands in place of an entity; {label} and {LABEL} are its label",
)


class Model(BaseModel):
    """A model that extract and redact take by its name."""

    name: str
    labels: list[str] | None = Field(description="what it finds; null: any labels")
    default: bool
    f1: dict[str, float] = Field(
        description="micro-F1, from 0 to 1, by the data it was measured on"
    )


class Models(BaseModel):
    """Every model there is."""

    models: list[Model]


class _Server(MCPServer):
    """Has tools only; tells of one that there is not as every door does: the SDK repeats the name,
    whole."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        # The SDK cannot be told so: it offers prompts and resources of which there are none, and
        # logs whoever asks for a prompt as a fault of ours.
        handlers = self._lowlevel_server._request_handlers
        for method in [one for one in handlers if one.startswith(("prompts/", "resources/"))]:
            del handlers[method]

    async def call_tool(self, name: str, *given: Any, **options: Any) -> Any:
        """Raises ToolError."""
        known = [tool.name for tool in await self.list_tools()]
        if name not in known:
            raise ToolError(
                f"{shown(name)} is no tool{meant(name, known)}; expected one of {', '.join(known)}"
            )
        return await super().call_tool(name, *given, **options)


def server(backend: Backend, version: str) -> MCPServer:
    """The tools over a backend."""

    async def extract(
        text: Annotated[str, TEXT],
        labels: Annotated[Labels, LABELS] = None,
        model: Annotated[str | None, MODEL] = None,
        min_score: Annotated[float | None, MIN_SCORE] = None,
    ) -> ExtractResponse:
        """Find named entities (companies, people, places …) in a text, with the exact place of each
        and how certain it is. `dropped` is what could not be used, `truncated` says that some may
        be missing."""
        fields = {"text": text, "labels": labels, "model": model, "min_score": min_score}
        return await _answer(backend.extract(request(ExtractRequest, fields)))

    async def redact(
        text: Annotated[str, TEXT],
        labels: Annotated[Labels, LABELS] = None,
        model: Annotated[str | None, MODEL] = None,
        mask: Annotated[str, MASK] = "[{LABEL}]",
    ) -> RedactResponse:
        """Mask named entities in a text, before it goes somewhere else. `redacted` is the text with
        the masks; `entities` are in the text as it was given."""
        fields = {"text": text, "labels": labels, "model": model, "mask": mask}
        return await _answer(backend.redact(request(RedactRequest, fields)))

    async def list_models() -> Models:
        """The models, with the labels that each can find."""
        return models_of(await _answer(backend.adapters()))

    # Not strict: clients make an argument up for a tool without any.
    listing = Tool.from_function(list_models)
    return _Server(
        "nerve",
        version=version,
        instructions="Named entities of a text, with exact positions: every entity stands in the "
        "text, text[start:end] is its surface.",
        tools=[strict(extract), strict(redact), listing],
        log_level="WARNING",
    )


def models_of(adapters: AdapterList) -> Models:
    """Those that answer, and the base model, which takes any labels."""
    usable = [one for one in adapters.adapters if one.state in ("loaded", "registered")]
    models = [_model(one) for one in usable]
    bases = dict.fromkeys(one.base for one in usable) or {adapters.default: None}
    for base in bases:
        default = base == adapters.default
        models.append(Model(name=base, labels=None, default=default, f1={}))
    return Models(models=models)


def _model(card: AdapterCard) -> Model:
    f1 = {one.split: one.text_f1 for one in card.evaluation if one.text_f1 is not None}
    labels = None if card.open else card.labels
    return Model(name=card.name, labels=labels, default=card.default, f1=f1)


async def _answer(answer: Awaitable[Answer]) -> Answer:
    """Raises ToolError: what went wrong, and whether to try again."""
    try:
        return await answer
    except NerveError as exc:
        again = f" (try again in {exc.retry_after} s)" if exc.retry_after else ""
        raise ToolError(f"{exc.type}: {exc.message}{again}") from exc
