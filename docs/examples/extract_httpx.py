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


@dataclass(frozen=True)
class Answer:
    """`is_whole`: nothing was cut off, and every part of a long text was extracted."""

    entities: list[Entity]
    dropped: list[dict[str, str | None]]
    is_whole: bool


def extract(client: httpx2.Client, text: str, **options: object) -> Answer:
    """Raises ValueError with the gateway's message."""
    response = client.post("/extract", json={"text": text, **options})
    told = response.json()
    if response.is_error:
        raise ValueError(told["error"]["message"])
    entities = [Entity(**entity) for entity in told["entities"]]
    return Answer(entities, told["dropped"], not told["truncated"] and not told.get("partial"))


url, key = os.environ.get("NERVE_URL", "http://127.0.0.1:8080"), os.environ.get("NERVE_API_KEY")
headers = {"authorization": f"Bearer {key}"} if key else {}
text = "浙商银行的叶老桂"
with httpx2.Client(base_url=url, headers=headers, timeout=60) as client:
    answer = extract(client, text)
    for entity in answer.entities:
        assert text[entity.start : entity.end] == entity.text
        print(entity.start, entity.end, entity.label, entity.text)
