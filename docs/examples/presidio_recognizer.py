"""Nerve as a recognizer inside Presidio: pip install presidio-analyzer httpx2."""

import os

import httpx2
from presidio_analyzer import RecognizerResult, RemoteRecognizer


class NerveRecognizer(RemoteRecognizer):
    """Asks the gateway's /analyze, which speaks as Presidio's own analyzer does."""

    def __init__(self, url: str, language: str = "zh"):
        self.client = httpx2.Client(base_url=url, timeout=60)
        found = self.client.get("/supportedentities").raise_for_status().json()
        super().__init__(found, name="Nerve", supported_language=language, version="1")

    def get_supported_entities(self) -> list[str]:
        return self.supported_entities

    def analyze(self, text, entities, nlp_artifacts=None) -> list[RecognizerResult]:
        wanted = [name for name in entities if name in self.supported_entities]
        body = {"text": text, "language": self.supported_language, "entities": wanted}
        answer = self.client.post("/analyze", json=body).raise_for_status()
        return [
            RecognizerResult(one["entity_type"], one["start"], one["end"], one["score"])
            for one in answer.json()
        ]


recognizer = NerveRecognizer(os.environ.get("NERVE_URL", "http://127.0.0.1:8080"))
text = "浙商银行的叶老桂"
for found in recognizer.analyze(text, recognizer.get_supported_entities()):
    print(found.start, found.end, found.entity_type, text[found.start : found.end])
