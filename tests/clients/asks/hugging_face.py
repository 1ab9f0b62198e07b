"""Hugging Face's InferenceClient."""

import json

from asking import ASKED, CITY, case, run
from huggingface_hub import InferenceClient

MESSAGES = [{"role": "user", "content": ASKED}]


@case("token_classification, by the gateway's address and by a model's")
def _(url, model):
    for address in (url, f"{url}/models/{model}"):
        found = InferenceClient(address).token_classification(ASKED)
        assert all(ASKED[e.start : e.end] == e.word and e.score >= 0 for e in found)


@case("chat_completion, streamed too, without a model's name")
def _(url, model):
    client = InferenceClient(url)
    assert client.chat_completion(MESSAGES).choices
    assert list(client.chat_completion(MESSAGES, stream=True))


@case("chat_completion with json_schema")
def _(url, model):
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": CITY}}
    client = InferenceClient(base_url=url)
    answer = client.chat_completion(MESSAGES, model=model, response_format=form)
    assert json.loads(answer.choices[0].message.content) == {"city": "Bern"}


run()
