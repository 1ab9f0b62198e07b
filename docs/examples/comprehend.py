"""Code that reads Amazon Comprehend's DetectEntities goes on as it is: pip install httpx2."""

import os

import httpx2


def detect_entities(text: str) -> dict:
    """In the place of boto3's comprehend.detect_entities(Text=text, LanguageCode=…)."""
    url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
    response = httpx2.post(f"{url}/extract?format=comprehend", json={"text": text}, timeout=60)
    response.raise_for_status()
    return response.json()


for entity in detect_entities("浙商银行的叶老桂")["Entities"]:
    print(entity["BeginOffset"], entity["EndOffset"], entity["Type"], entity["Text"])
