"""Which sentence an evaluation could not measure, where it may be at fault."""

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Send

from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import (
    EvaluationError,
    SentenceError,
    Service,
)
from service.ner.types import Label
from tests.adapters.measuring.asking import at_once, extracted
from tests.adapters.measuring.three_sentences import TEXTS, knows_one_name
from tests.conftest import ADAPTER, BASE, Gateway
from tests.support.fake_engine import completes, fails


def test_a_refusal_is_told_in_the_gateways_words(gateway: Gateway) -> None:
    """Without the JSON around them."""
    with pytest.raises(EvaluationError, match=r"answered 404: model has 'x'; expected one of"):
        ask(Service(gateway.url, model="x"), TEXTS)


def test_a_sentence_that_is_refused_is_named(gateway: Gateway) -> None:
    """By its number and its beginning; not where any other would be refused as well."""
    gateway.engine.script = knows_one_name
    texts = [*TEXTS, "长" * 400_000]
    with pytest.raises(EvaluationError) as refusal:
        ask(Service(gateway.url, concurrency=1), texts)
    said = f'row 4 of 4, "{"长" * 76}...: {gateway.url}/extract answered 413: text has 1200000'
    assert str(refusal.value).startswith(said)
    with pytest.raises(EvaluationError) as refusal:
        ask(Service(gateway.url, model="x"), TEXTS)
    assert str(refusal.value).startswith(f"{gateway.url}/extract answered 404: model has 'x'")
    asked = Service(gateway.url, model=BASE, labels=(Label("PER", "PER"),), end_bias=-0.5)
    with pytest.raises(EvaluationError) as refusal:
        ask(asked, TEXTS)
    assert str(refusal.value).startswith(f"{gateway.url}/extract answered 422: end_bias has -0.5")


@pytest.mark.parametrize(
    ("status", "error", "is_named"),
    [
        (422, {"message": "…", "param": "text"}, True),
        (422, {"message": "…", "param": "labels"}, False),
        (413, {"message": "…", "param": "text"}, True),
        (413, {"message": "…", "param": "labels"}, False),
        (413, {"message": "…", "param": None}, True),
        (413, "of what stands before the gateway", True),
        (400, "of what stands before the gateway", False),
        (401, {"message": "…", "param": None}, False),
        (500, {"message": "…", "param": None}, True),
        (502, {"message": "…", "param": None}, True),
        (503, {"message": "…", "param": None}, False),
        (504, "of what stands before the gateway", True),
    ],
)
def test_a_sentence_is_named_where_it_may_be_at_fault(
    status: int, error: object, is_named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one would be answered then."""
    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    with pytest.raises(EvaluationError, match=f"answered {status}: ") as refusal:
        asyncio.run(extracted(lambda _: httpx2.Response(status, json={"error": error})))
    assert isinstance(refusal.value, SentenceError) is is_named


@pytest.mark.parametrize(
    ("fault", "is_named"),
    [
        (httpx2.RemoteProtocolError, True),
        (httpx2.ReadError, True),
        (httpx2.ReadTimeout, True),
        (httpx2.ConnectError, False),
        (httpx2.ConnectTimeout, False),
    ],
)
def test_a_sentence_is_named_where_the_connection_broke(
    fault: type[httpx2.TransportError], is_named: bool
) -> None:
    """Not where there was none to send it over."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        raise fault("broken")

    with pytest.raises(EvaluationError, match="http://gateway/extract: broken") as refusal:
        asyncio.run(extracted(answer))
    assert isinstance(refusal.value, SentenceError) is is_named


def test_a_text_without_one_of_its_parts_ends_the_evaluation(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that failed is no part without entities; asked once more, it may be there."""

    async def half(body: dict[str, Any], receive: Receive, send: Send) -> None:
        broken = "坏" in body["messages"][-1]["content"]
        script = fails(500, {"error": {"message": "a fault"}}) if broken else completes("无")
        await script(body, receive, send)

    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    gateway.engine.script = half
    long = "好。" * 200 + "坏。" * 200
    with pytest.raises(
        EvaluationError,
        match=r'row 1 of 1, "好.*did not answer for \[256, \d+\) of a text: the engine',
    ):
        ask(Service(gateway.url), [long])


@pytest.mark.parametrize("first", ["01234567", None])
def test_weights_that_are_replaced_meanwhile_end_the_evaluation(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """Else the report would be of two; where they could not be listed at first, nothing is said."""
    listed = iter(({ADAPTER: first}, {ADAPTER: "89abcdef"}))

    async def weights(*_: object) -> dict[str, str | None]:
        return dict(next(listed))

    monkeypatch.setattr("adapters.measuring.live_service.weights", weights)
    gateway.engine.script = knows_one_name
    if first is None:
        assert ask(Service(gateway.url), TEXTS).weights == "89abcdef"
    else:
        with pytest.raises(EvaluationError, match="01234567 before, 89abcdef now; measure once"):
            ask(Service(gateway.url), TEXTS)
