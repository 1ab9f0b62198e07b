"""OpenAI's own package, unmodified, and curl: what their users get."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.conftest import ADAPTER, BASE, Gateway, running
from tests.support.fake_engine import Script, cuts, fails, streams
from tests.support.openai_script import DONE, NASTY, chat_answer, event, writes
from tests.support.serving import free_port

pytestmark = pytest.mark.slow

ASKED: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "叶老桂"}]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """As its documents say, without retries."""
    with OpenAI(base_url=f"{gateway.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def in_turn(*scripts: Script) -> Script:
    """A script: one after the other, a request each."""
    left = list(scripts)

    async def script(body: dict[str, Any], receive: Any, send: Any) -> None:
        await left.pop(0)(body, receive, send)

    return script


def test_models(client: OpenAI) -> None:
    """Listed, and one of them; what goes beyond OpenAI's fields is there too."""
    assert [model.id for model in client.models.list()] == [BASE, ADAPTER]
    model = client.models.retrieve(ADAPTER)
    assert (model.id, model.object) == (ADAPTER, "model")
    assert model.model_dump()["labels"] == ["company", "name"]


def test_chat(gateway: Gateway, client: OpenAI) -> None:
    """The answer is the adapter's, by its public name, with the request's id."""
    gateway.engine.script = writes(chat_answer(NASTY))
    answer = client.chat.completions.create(model=ADAPTER, messages=ASKED)
    assert (answer.model, answer.choices[0].message.content) == (ADAPTER, NASTY)
    assert answer._request_id
    assert gateway.engine.seen[0].headers["x-request-id"] == answer._request_id


def test_completions(gateway: Gateway, client: OpenAI) -> None:
    """The older route."""
    answer = b'{"id":"cmpl-1","object":"text_completion","created":1,"model":"clue@01234567",'
    gateway.engine.script = writes(answer + b'"choices":[{"index":0,"text":"x"}]}')
    completion = client.completions.create(model=ADAPTER, prompt="叶老桂")
    assert (completion.model, completion.choices[0].text) == (ADAPTER, "x")


def test_a_stream(gateway: Gateway, client: OpenAI) -> None:
    """Event by event."""
    gateway.engine.script = streams(event("叶"), event(NASTY), event("桂"), DONE)
    with client.chat.completions.create(model=ADAPTER, messages=ASKED, stream=True) as events:
        chunks = list(events)
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["叶", NASTY, "桂"]
    assert {chunk.model for chunk in chunks} == {ADAPTER}


def test_async(gateway: Gateway) -> None:
    """The asynchronous client, plain and streamed."""
    gateway.engine.script = in_turn(writes(chat_answer("叶")), streams(event("桂"), DONE))

    async def ask() -> tuple[str | None, list[str | None]]:
        async with AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="none") as client:
            answer = await client.chat.completions.create(model=ADAPTER, messages=ASKED)
            events = await client.chat.completions.create(
                model=ADAPTER, messages=ASKED, stream=True
            )
            parts = [chunk.choices[0].delta.content async for chunk in events]
            return answer.choices[0].message.content, parts

    assert asyncio.run(ask()) == ("叶", ["桂"])


@pytest.mark.parametrize("status", [503, 500, 429])
def test_what_passes_is_tried_again(gateway: Gateway, status: int) -> None:
    """The package's own retries: a 5xx or 429, after its Retry-After, then the answer."""
    gateway.engine.script = in_turn(fails(status, {}), writes(chat_answer("叶")))
    with OpenAI(base_url=f"{gateway.url}/v1", api_key="none", max_retries=1) as client:
        answer = client.chat.completions.create(model=ADAPTER, messages=ASKED)
    assert answer.choices[0].message.content == "叶"
    assert len(gateway.engine.seen) == 2


ERRORS: dict[str, tuple[Script, type[openai.APIStatusError], int, str]] = {
    "refused by the engine": (
        fails(400, {"error": {"message": "no", "type": "BadRequestError", "code": 400}}),
        openai.BadRequestError,
        400,
        "invalid_request_error",
    ),
    "full": (fails(429, {}), openai.RateLimitError, 429, "overloaded"),
    "nonsense": (writes(b"<", kind=b"text/html"), openai.InternalServerError, 502, "engine_error"),
    "gone": (cuts(b"{"), openai.InternalServerError, 503, "engine_unavailable"),
}


@pytest.mark.parametrize("fault", ERRORS)
def test_the_engines_faults_have_the_packages_classes(
    gateway: Gateway, client: OpenAI, fault: str
) -> None:
    """With our type in the error, and the request's id."""
    script, cls, status, kind = ERRORS[fault]
    gateway.engine.script = script
    with pytest.raises(cls) as caught:
        client.chat.completions.create(model=ADAPTER, messages=ASKED)
    assert (caught.value.status_code, caught.value.type) == (status, kind)
    assert caught.value.request_id


def test_an_unknown_model(client: OpenAI) -> None:
    """NotFoundError names the field and the models there are."""
    with pytest.raises(openai.NotFoundError, match=r"expected one of .*clue") as caught:
        client.chat.completions.create(model="nope", messages=ASKED)
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nope")


def test_a_field_that_is_not_open(client: OpenAI) -> None:
    """BadRequestError names it."""
    with pytest.raises(openai.BadRequestError, match="priority has -1") as caught:
        client.chat.completions.create(model=ADAPTER, messages=ASKED, extra_body={"priority": -1})
    assert caught.value.param == "priority"


def test_a_stream_that_breaks(gateway: Gateway, client: OpenAI) -> None:
    """What came is there; then APIError with the reason."""
    gateway.engine.script = streams(event("叶"), then=cuts(b""))
    got = []
    with pytest.raises(openai.APIError, match="closed the connection") as caught:
        for chunk in client.chat.completions.create(model=ADAPTER, messages=ASKED, stream=True):
            got.append(chunk.choices[0].delta.content)
    assert got == ["叶"]
    assert caught.value.type == "engine_unavailable"


def test_no_gateway() -> None:
    """APIConnectionError: the package's word for nobody there."""
    url = f"http://127.0.0.1:{free_port()}/v1"
    with (
        OpenAI(base_url=url, api_key="none", max_retries=0) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        client.models.list()


class TestTimeout:
    """The engine is slower than the gateway's deadline."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """A short deadline."""
        with running(adapters, deadline_s=0.3) as gateway:
            yield gateway

    def test_timeout(self, gateway: Gateway, client: OpenAI) -> None:
        """InternalServerError with 504: not the package's own timeout."""
        gateway.engine.script = gateway.engine.hangs
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model=ADAPTER, messages=ASKED)
        assert (caught.value.status_code, caught.value.type) == (504, "engine_timeout")
