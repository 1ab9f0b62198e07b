"""The openai package through the gateway, in front of a real vLLM."""

import httpx2
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.engine.openai_api.first_byte import added_ms
from tests.engine.real_engine import BASE, RealEngine
from tests.support.waiting import until

ASKED: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "甲"}]
# This adapter writes its own letter until its room is used up.
ENDLESS = {"model": "tiny-a", "messages": ASKED, "max_tokens": 1024, "stream": True}


def test_the_models(client: OpenAI, engine: RealEngine) -> None:
    """By their public names, loaded or not; one that was asked for is loaded."""
    client.chat.completions.create(model="tiny-b", messages=ASKED, max_tokens=1)
    models = {model.id: model.model_dump() for model in client.models.list()}
    assert set(models) == set(engine.names)
    assert models[BASE]["loaded"] and models["tiny-b"]["loaded"]


def test_an_adapter_by_its_public_name(client: OpenAI) -> None:
    """Whole and streamed; its name is public in every event."""
    answer = client.chat.completions.create(
        model="tiny-b", messages=ASKED, temperature=0, max_tokens=4
    )
    assert (answer.model, answer.choices[0].message.content) == ("tiny-b", "BBBB")
    chunks = list(
        client.chat.completions.create(
            model="tiny-b",
            messages=ASKED,
            temperature=0,
            max_tokens=4,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert {chunk.model for chunk in chunks} == {"tiny-b"}
    said = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(said) == "BBBB"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


def test_completions_tokens_and_structure(client: OpenAI, url: str) -> None:
    """The other routes, and what vLLM adds."""
    completion = client.completions.create(
        model="tiny-b", prompt=["甲", "乙"], max_tokens=2, temperature=0
    )
    assert [choice.text for choice in completion.choices] == ["BB", "BB"]
    held = client.chat.completions.create(
        model=BASE,
        messages=ASKED,
        max_tokens=8,
        extra_body={"structured_outputs": {"choice": ["甲", "乙"]}},
    )
    assert held.choices[0].message.content in ("甲", "乙")
    body = {"model": "tiny-b", "prompt": "甲乙"}
    tokens = httpx2.post(f"{url}/tokenize", json=body, trust_env=False).json()["tokens"]
    body = {"model": "tiny-b", "tokens": tokens}
    answer = httpx2.post(f"{url}/detokenize", json=body, trust_env=False).json()
    assert answer["prompt"] == "甲乙"


def test_the_engines_own_refusal_is_the_packages(client: OpenAI) -> None:
    """BadRequestError with vLLM's words."""
    with pytest.raises(openai.BadRequestError, match="temperature") as caught:
        client.chat.completions.create(model=BASE, messages=ASKED, temperature=-1)
    assert (caught.value.type, caught.value.code) == ("invalid_request_error", "engine_400")
    assert caught.value.request_id
    with pytest.raises(openai.BadRequestError, match="context length") as too_long:
        client.chat.completions.create(
            model=BASE, messages=[{"role": "user", "content": "字" * 4000}]
        )
    assert too_long.value.code == "context_length_exceeded"


def test_our_refusals_are_the_packages_too(client: OpenAI) -> None:
    """NotFoundError, BadRequestError."""
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="nope", messages=ASKED)
    with pytest.raises(openai.BadRequestError, match="priority"):
        client.chat.completions.create(model=BASE, messages=ASKED, extra_body={"priority": 1})


def test_a_client_that_leaves_in_mid_stream_frees_the_engine(
    client: OpenAI, engine: RealEngine, url: str
) -> None:
    """vLLM's own count of running requests goes back to none."""
    completions = f"{url}/v1/chat/completions"
    with httpx2.stream("POST", completions, json=ENDLESS, timeout=60, trust_env=False) as response:
        pieces = response.iter_raw()
        assert next(pieces).startswith(b"data: ")
        assert engine.requests_running() == 1
    until(lambda: engine.requests_running() == 0)


def test_the_engine_is_killed_in_mid_stream(client: OpenAI, engine: RealEngine, url: str) -> None:
    """What came is there, then APIError; later InternalServerError with 503."""
    got: list[object] = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in client.chat.completions.create(
            model="tiny-a", messages=ASKED, max_tokens=1024, stream=True
        ):
            if not got:
                engine.kill()
            got.append(chunk)
    assert got
    assert caught.value.type == "engine_unavailable"
    with pytest.raises(openai.InternalServerError) as refused:
        client.chat.completions.create(model="tiny-a", messages=ASKED)
    assert refused.value.status_code == 503


def test_the_first_byte_of_a_stream_comes_as_soon_as_from_the_engine(
    client: OpenAI, engine: RealEngine, url: str
) -> None:
    """Within what a person does not notice."""
    body = {"messages": ASKED, "max_tokens": 4}
    assert added_ms(engine, url, "/v1/chat/completions", body, b"data: ") < 50
