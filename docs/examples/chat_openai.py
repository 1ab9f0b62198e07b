"""The base model through the OpenAI client, streamed: pip install openai."""

import os

from openai import OpenAI

url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
nerve = OpenAI(base_url=f"{url}/v1", api_key=os.environ.get("NERVE_API_KEY", "none"))
models = [model.id for model in nerve.models.list()]
print("models:", *models)
stream = nerve.chat.completions.create(
    model=models[0], messages=[{"role": "user", "content": "你好"}], stream=True
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="")
print()
