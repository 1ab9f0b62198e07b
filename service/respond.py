"""The wire's answer: offsets in the unit asked for, surfaces cut from the text as received."""

import uuid

from service.long_text import Found
from service.ner.offsets import in_unit
from service.protocol import (
    DroppedMention,
    ErrorBody,
    ExtractResponse,
    FailedChunk,
    FoundEntity,
    Offsets,
    Usage,
)


def respond(model: str, text: str, found: Found, offsets: Offsets) -> ExtractResponse:
    """What came of ``text``; linear time. ``model`` is the model's public name."""
    edges = [edge for entity in found.entities for edge in (entity.start, entity.end)]
    edges += [edge for part in found.failed for edge in (part.start, part.end)]
    unit = in_unit(text, edges, offsets)
    return ExtractResponse(
        id=f"ext-{uuid.uuid4().hex}",
        model=model,
        entities=[
            FoundEntity(
                label=entity.label,
                text=text[entity.start : entity.end],
                start=unit[entity.start],
                end=unit[entity.end],
                score=entity.score,
            )
            for entity in found.entities
        ],
        dropped=[
            DroppedMention(label=mention.label, text=mention.text, reason=mention.reason)
            for mention in found.dropped
        ],
        truncated=found.truncated,
        usage=Usage(prompt_tokens=found.prompt_tokens, completion_tokens=found.completion_tokens),
        partial=bool(found.failed),
        chunks=[
            FailedChunk(start=unit[part.start], end=unit[part.end], error=ErrorBody.of(part.error))
            for part in found.failed
        ],
    )
