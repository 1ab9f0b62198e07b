"""What spaCy's displacy.render(found, style="ent", manual=True) draws: pip install httpx2."""

import json
import os

import httpx2

url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
body = {"text": "浙商银行的叶老桂"}
response = httpx2.post(f"{url}/extract?format=displacy", json=body, timeout=60)
response.raise_for_status()
print(json.dumps(response.json(), ensure_ascii=False))
