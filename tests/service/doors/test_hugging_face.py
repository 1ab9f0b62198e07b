"""Hugging Face's own client, unmodified, asks for token classification."""

from collections.abc import Iterator

import pytest

from tests.conftest import ADAPTER, BASE, Gateway
from tests.support.fake_engine import completes, fails, streams
from tests.support.openai_script import DONE, chat_answer, event, writes
from tests.support.scoring import surely

hub = pytest.importorskip("huggingface_hub")
from huggingface_hub.errors import HfHubHTTPError  # noqa: E402

TEXT = "浙商银行的😀叶老桂"
FOUND = "公司：浙商银行\n姓名：叶老桂"


@pytest.fixture
def engine_finds(gateway: Gateway) -> Iterator[None]:
    """The model names both entities of TEXT."""
    gateway.engine.script = surely(FOUND)
    yield


@pytest.mark.usefixtures("engine_finds")
@pytest.mark.parametrize("path", ["", "/", f"/models/{ADAPTER}"])
def test_token_classification(gateway: Gateway, path: str) -> None:
    """Groups with a number for a score; offsets in code points; the model by its address."""
    found = hub.InferenceClient(f"{gateway.url}{path}").token_classification(TEXT)
    assert [(e.entity_group, e.word, e.start, e.end) for e in found] == [
        ("company", "浙商银行", 0, 4),
        ("name", "叶老桂", 6, 9),
    ]
    assert all(TEXT[e.start : e.end] == e.word and e.score == 1 for e in found)


@pytest.mark.usefixtures("engine_finds")
def test_parameters(gateway: Gateway) -> None:
    """What the client can ask for."""
    client = hub.InferenceClient(gateway.url)
    found = client.token_classification(
        TEXT, aggregation_strategy="first", ignore_labels=["company"], stride=8
    )
    assert [e.entity_group for e in found] == ["name"]
    with pytest.raises(HfHubHTTPError, match="entities are found whole"):
        client.token_classification(TEXT, aggregation_strategy="none")


@pytest.mark.usefixtures("engine_finds")
def test_several_texts(gateway: Gateway) -> None:
    """A list of texts has a list of answers."""
    answer = gateway.client.post("/", json={"inputs": [TEXT, ""]}).json()
    assert [len(one) for one in answer] == [2, 0]


def test_errors_are_strings(gateway: Gateway) -> None:
    """As the client reads them: a wrong model, a wrong body, an engine that is away."""
    with pytest.raises(HfHubHTTPError, match=r"expected one of .*clue"):
        hub.InferenceClient(f"{gateway.url}/models/nope").token_classification("叶")
    gateway.engine.script = fails(503, {})
    with pytest.raises(HfHubHTTPError, match="starting or restarting"):
        hub.InferenceClient(gateway.url).token_classification("叶")
    answer = gateway.client.post("/", json={"inputs": 3})
    assert answer.status_code == 422
    assert answer.json() == {"error": "inputs has 3; expected a string"}
    answer = gateway.client.post("/", json={"inputs": [" ", "\0"]})
    assert answer.json()["error"].startswith('inputs[1] has "\\u0000"; expected a string')


def test_a_chat_without_a_models_name(gateway: Gateway) -> None:
    """The client then says `dummy`, which means nothing: the default answers."""
    gateway.engine.script = writes(chat_answer("叶"))
    said = hub.InferenceClient(gateway.url).chat_completion([{"role": "user", "content": "x"}])
    assert (said.choices[0].message.content, said.model) == ("叶", ADAPTER)


def test_a_streamed_chat(gateway: Gateway) -> None:
    """Event by event."""
    gateway.engine.script = streams(event("叶"), event("桂"), DONE)
    client = hub.InferenceClient(gateway.url)
    events = client.chat_completion([{"role": "user", "content": "x"}], stream=True)
    assert [one.choices[0].delta.content for one in events] == ["叶", "桂"]


def test_a_schema_holds(gateway: Gateway) -> None:
    """The client rewrites it; the engine gets it as OpenAI has it."""
    gateway.engine.script = completes("{}")
    schema = {"type": "object"}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    client = hub.InferenceClient(base_url=gateway.url)
    client.chat_completion([{"role": "user", "content": "x"}], model=BASE, response_format=form)
    held = gateway.engine.asked[-1]["response_format"]
    assert (held["type"], held["json_schema"]["schema"]) == ("json_schema", schema)
