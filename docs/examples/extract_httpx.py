"""Entities with httpx, typed: pip install httpx2 (httpx itself has the same calls)."""

import os
from dataclasses import dataclass

import httpx2


@dataclass(frozen=True)
class Entity:
    label: str
    text: str
    start: int
    end: int
    score: float | None


def extract(client: httpx2.Client, text: str, **options: object) -> list[Entity]:
    response = client.post("/extract", json={"text": text, **options})
    response.raise_for_status()
    return [Entity(**entity) for entity in response.json()["entities"]]


url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
text = "浙商银行的叶老桂"
with httpx2.Client(base_url=url, timeout=60) as client:
    for entity in extract(client, text):
        assert text[entity.start : entity.end] == entity.text
        print(entity.start, entity.end, entity.label, entity.text)
