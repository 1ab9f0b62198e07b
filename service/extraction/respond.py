"""The wire's answer: offsets in the unit asked for, surfaces cut from the text as received."""

import secrets
from typing import Any

from service.extraction.text.joining import Failed, Found
from service.ner.offsets import Ruler
from service.ner.types import Dropped, Entity
from service.wire.requests import Offsets
from service.wire.responses import (
    DroppedMention,
    ErrorBody,
    ExtractEnd,
    ExtractResponse,
    FailedChunk,
    FoundEntity,
    Usage,
)

_FIELDS = set(FoundEntity.model_fields)


def respond(model: str, text: str, found: Found, offsets: Offsets) -> ExtractResponse:
    """What came of ``text``; linear time. ``model`` is the model's public name."""
    ruler = Ruler(text, offsets)
    return ExtractResponse(
        entities=[entity_of(text, entity, ruler) for entity in found.entities],
        dropped=[dropped_of(mention) for mention in found.dropped],
        **_end(model, found, ruler),
    )


def ended(model: str, found: Found, ruler: Ruler) -> ExtractEnd:
    """What there is to say beside entities and dropped mentions."""
    return ExtractEnd(**_end(model, found, ruler))


def _end(model: str, found: Found, ruler: Ruler) -> dict[str, Any]:
    return {
        "id": f"ext-{secrets.token_hex(16)}",
        "model": model,
        "truncated": found.truncated,
        "usage": Usage(
            prompt_tokens=found.prompt_tokens, completion_tokens=found.completion_tokens
        ),
        "partial": bool(found.failed),
        "chunks": [_failed(part, ruler) for part in found.failed],
    }


def entity_of(text: str, entity: Entity, ruler: Ruler) -> FoundEntity:
    """An entity of ``text``, which ``ruler`` measures."""
    # Unchecked, since it is made of what was checked; and of a hundred thousand, each would have a
    # set of its fields' names, which is two thirds of its memory.
    return FoundEntity.model_construct(
        _FIELDS,
        label=entity.label,
        text=text[entity.start : entity.end],
        start=ruler(entity.start),
        end=ruler(entity.end),
        score=entity.score,
    )


def dropped_of(mention: Dropped) -> DroppedMention:
    """What could not be used."""
    return DroppedMention(label=mention.label, text=mention.text, reason=mention.reason)


def _failed(part: Failed, ruler: Ruler) -> FailedChunk:
    return FailedChunk(start=ruler(part.start), end=ruler(part.end), error=ErrorBody.of(part.error))
