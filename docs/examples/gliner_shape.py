"""In the place of GLiNER's model.predict_entities(text, labels): pip install httpx2."""

import os

import httpx2


def predict_entities(text: str, labels: list[str], model: str | None = None) -> list[dict]:
    """``model`` None: the default adapter for its labels, for others one that takes any."""
    url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
    body = {"text": text, "labels": labels, "model": model}
    response = httpx2.post(f"{url}/extract?format=gliner", json=body, timeout=60)
    answer = response.json()
    if response.is_error:
        raise ValueError(answer["error"]["message"])
    return answer


for entity in predict_entities("浙商银行的叶老桂", ["company", "name"]):
    print(entity["text"], "=>", entity["label"])
