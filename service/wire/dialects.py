"""Answers in shapes that other tools' clients already parse: ``POST /extract?format=…``.

One pure function each. None of the shapes can say what was dropped or cut off; offsets are in the
request's unit. A score is a number, since clients compare it with one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from service.wire.responses import ExtractResponse


def number(score: float | None) -> float:
    """0 for a score that is not known: nothing is claimed for it."""
    return 0.0 if score is None else score


def hf(text: str, answer: ExtractResponse) -> list[dict[str, Any]]:
    """Hugging Face's token-classification pipeline, with an aggregation strategy."""
    return [
        {
            "entity_group": entity.label,
            "score": number(entity.score),
            "word": entity.text,
            "start": entity.start,
            "end": entity.end,
        }
        for entity in answer.entities
    ]


def displacy(text: str, answer: ExtractResponse) -> dict[str, Any]:
    """What spaCy's ``displacy.render(…, style="ent", manual=True)`` takes."""
    ents = [{"start": e.start, "end": e.end, "label": e.label} for e in answer.entities]
    return {"text": text, "ents": ents, "title": None}


def comprehend(text: str, answer: ExtractResponse) -> dict[str, Any]:
    """Amazon Comprehend's ``DetectEntities``."""
    return {
        "Entities": [
            {
                "Score": number(entity.score),
                "Type": entity.label,
                "Text": entity.text,
                "BeginOffset": entity.start,
                "EndOffset": entity.end,
            }
            for entity in answer.entities
        ]
    }


def gliner(text: str, answer: ExtractResponse) -> list[dict[str, Any]]:
    """GLiNER's ``predict_entities``."""
    return [
        {
            "start": entity.start,
            "end": entity.end,
            "text": entity.text,
            "label": entity.label,
            "score": number(entity.score),
        }
        for entity in answer.entities
    ]


Dialect = Callable[[str, ExtractResponse], object]
DIALECTS: Mapping[str, Dialect] = {
    "hf": hf,
    "displacy": displacy,
    "comprehend": comprehend,
    "gliner": gliner,
}
# Those that have scores.
SCORED = (hf, comprehend, gliner)
# Their readers take entities to follow each other.
WITHOUT_OVERLAPS = frozenset({"displacy"})
