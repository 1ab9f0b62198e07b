"""An answer as JSON, without keeping everybody else waiting while it is written."""

import asyncio
from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from service.extraction.respond import MANY
from service.wire.responses import ExtractResponse, ManyResponse

_EMPTY = b'"entities":[]'


async def written(answer: ExtractResponse | ManyResponse) -> bytes:
    """As ``model_dump_json`` has it, defaults left out."""
    if isinstance(answer, ExtractResponse) and len(answer.entities) > MANY:
        return await asyncio.to_thread(in_slices, answer)
    return answer.model_dump_json(exclude_defaults=True).encode()


def in_slices(answer: ExtractResponse) -> bytes:
    """The serializer lets no other thread run until it is done: a slice is done soon."""
    around = answer.model_copy(update={"entities": []})
    # The first place: ``entities`` comes before everything that a caller could have written.
    head, _, tail = around.model_dump_json(exclude_defaults=True).encode().partition(_EMPTY)
    return head + b'"entities":[' + b",".join(_slices(answer.entities)) + b"]" + tail


def _slices(entities: Sequence[BaseModel]) -> Iterator[bytes]:
    for entity in entities:
        yield entity.model_dump_json(exclude_defaults=True).encode()
