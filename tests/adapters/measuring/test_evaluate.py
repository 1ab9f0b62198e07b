"""Through a real gateway in front of a scripted engine."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Send

from adapters.data.examples import Example, overlapping
from adapters.measuring import report, report_text
from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import (
    EvaluationError,
    SentenceError,
    Service,
    extract,
    retry_after,
)
from adapters.measuring.score import Counts, score
from service.models import names
from service.models.manifest import load
from service.ner.types import Entity, Label, Overlaps
from tests.adapters.measuring.three_sentences import GOLD, TEXTS, knows_one_name
from tests.conftest import ADAPTER, BASE, Gateway, running
from tests.support.adapter_folders import put_adapter
from tests.support.fake_engine import completes, fails
from tests.support.serving import free_port, serving
from tests.support.waiting import until

FOUND = {"entities": [], "model": ADAPTER}


async def at_once(_: float) -> None:
    """In place of waiting."""


def test_every_sentence_is_asked_and_scored_in_order(gateway: Gateway, adapters: Path) -> None:
    gateway.engine.script = knows_one_name
    heard: list[int] = []
    answers = ask(Service(gateway.url, concurrency=2), TEXTS, heard.append)
    assert sorted(heard) == [1, 2, 3]
    assert [example.text for example in answers.predicted] == TEXTS
    assert score(GOLD, answers.predicted, "span").micro == Counts(3, 3, 4)
    assert (answers.model, answers.dropped) == (ADAPTER, {"not_in_text": 2})
    assert answers.completion_tokens == 45
    assert answers.weights == load(adapters / ADAPTER).version


def test_labels_go_with_what_is_said_of_them(gateway: Gateway) -> None:
    gateway.engine.script = completes("[]")
    said = (Label("药物", "药物", "a medicine"), Label("症状", "症状"))
    ask(Service(gateway.url, model=BASE, labels=said), TEXTS[:1])
    ask(Service(gateway.url, model=BASE, labels=(Label("药物", "药物"),)), TEXTS[:1])
    first, second = (asked["messages"][0]["content"] for asked in gateway.engine.asked)
    assert "- 药物: a medicine\n- 症状\n" in first
    assert "- 药物\n" in second


def test_answers_have_the_names_of_labels_that_are_asked_for_by_another(gateway: Gateway) -> None:
    """The gold has ids; the model is asked for what people call them."""
    gateway.engine.script = completes('[{"label": "人物", "text": "叶老桂"}]')
    labels = (Label("PER", "人物", "人名"),)
    answers = ask(Service(gateway.url, model=BASE, labels=labels), TEXTS[:1])
    assert answers.predicted[0].entities == (Entity("PER", 5, 8),)
    assert answers.labels == ("PER",)


def test_nested_gold_is_scored(gateway: Gateway) -> None:
    """What was not asked for counts as missed, and the report says why."""
    gateway.engine.script = completes("公司：北京大学\n姓名：北京")
    gold = [Example("北京大学", (Entity("name", 0, 2), Entity("company", 0, 4)))]
    cases: list[tuple[Overlaps, int, str]]
    cases = [("longest", 1, "not asked for"), ("all", 2, "were asked for")]
    for overlaps, right, says in cases:
        service = Service(gateway.url, overlaps=overlaps)
        found = report.report(gold, ask(service, ["北京大学"]), "nested")
        assert found["span"]["micro"]["recall"] == right / 2
        assert found["text"]["micro"]["recall"] == right / 2
        assert (found["overlaps"], found["overlapping"]) == (overlaps, 2)
        assert says in report_text.summary(found)
    assert "nested" not in report_text.summary(report.report(GOLD, ask(service, TEXTS), "apart"))


@pytest.mark.parametrize(
    ("spans", "number"),
    [
        ([(0, 2), (2, 4)], 0),
        ([(0, 4), (1, 2), (3, 6), (6, 7)], 3),
        ([(0, 3), (1, 9), (2, 4), (5, 6)], 4),
        ([(0, 2), (0, 2)], 2),
    ],
)
def test_overlapping_gold_is_counted(spans: list[tuple[int, int]], number: int) -> None:
    entities = (Entity(str(place), *span) for place, span in enumerate(spans))
    assert overlapping(Example("甲" * 9, tuple(entities))) == number


@pytest.mark.slow
def test_a_full_gateway_is_asked_again(adapters: Path) -> None:
    with running(adapters, max_in_flight=1) as gateway:
        gateway.engine.script = knows_one_name
        answers = ask(Service(gateway.url, concurrency=3), TEXTS)
    assert [len(example.entities) for example in answers.predicted] == [1, 0, 2]


def test_an_error_of_the_service_ends_the_evaluation(gateway: Gateway) -> None:
    gateway.engine.script = fails(500, {"error": {"message": "a fault"}})
    with pytest.raises(EvaluationError, match=r"/extract answered 502: the engine answered"):
        ask(Service(gateway.url), TEXTS)


def test_an_engine_that_is_back_soon_does_not_end_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: float) -> None:
        gateway.engine.script = knows_one_name

    gateway.engine.script = fails(503, {"error": {"message": "starting"}})
    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    answers = ask(Service(gateway.url, concurrency=1), TEXTS)
    assert [len(example.entities) for example in answers.predicted] == [1, 0, 2]


def test_a_default_that_changes_meanwhile_measures_nothing(adapters: Path, tmp_path: Path) -> None:
    """Half of a report would be of another model."""
    shutil.copytree(adapters, tmp_path / "adapters")
    put_adapter(tmp_path / "adapters", "other")
    with running(tmp_path / "adapters") as gateway:
        gateway.engine.script = knows_one_name

        def heard(through: int) -> None:
            if through == 1:
                names.set_default(tmp_path / "adapters", "other")
                until(lambda: gateway.extract(TEXTS[0]).json()["model"] == "other")

        with pytest.raises(EvaluationError, match=f"{ADAPTER} and other answered: the default was"):
            ask(Service(gateway.url, concurrency=1), TEXTS, heard)


@pytest.mark.parametrize(("timeouts", "ends"), [(2, False), (3, True)])
def test_a_sentence_that_took_too_long_is_asked_again(
    timeouts: int, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice: beside fifteen others it may take longer than a gateway waits."""
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        late = len(asked) <= timeouts
        said = {"error": {"message": "no answer before the deadline of 60 s"}}
        return httpx2.Response(504, json=said) if late else httpx2.Response(200, json=FOUND)

    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    if ends:
        with pytest.raises(EvaluationError, match="answered 504: no answer before the"):
            asyncio.run(_extracted(answer))
    else:
        assert asyncio.run(_extracted(answer)) == FOUND
    assert len(asked) == 3


async def _extracted(answer: Callable[[httpx2.Request], httpx2.Response]) -> dict[str, Any]:
    transport = httpx2.MockTransport(answer)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await extract(client, Service("http://gateway"), TEXTS[0])


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("5", 5),
        ("0", 0.1),
        ("86400", 600),
        ("nan", 0.1),
        ("inf", 600),
        ("Sun, 29 Nov 2026 22:00:00 GMT", 1),
        ("", 1),
    ],
)
def test_when_to_ask_again_is_said_in_seconds(said: str, seconds: float) -> None:
    """By a gateway; what stands before it may say a date, or anything."""
    assert retry_after(httpx2.Response(503, headers={"retry-after": said})) == seconds
    assert retry_after(httpx2.Response(503)) == 1


def test_a_service_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(EvaluationError, match=f"no gateway answers at {url}"):
        ask(Service(url), TEXTS)


@pytest.mark.parametrize("said", ["<p>hello</p>", "[]", "{}"])
def test_what_is_no_gateway_is_named(said: str) -> None:
    """It may answer all that it is asked."""
    with (
        serving(PlainTextResponse(said)) as url,
        pytest.raises(EvaluationError, match=f"what answers at {url} is not a Nerve gateway"),
    ):
        ask(Service(url), TEXTS)


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
        asyncio.run(_extracted(lambda _: httpx2.Response(status, json={"error": error})))
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
        asyncio.run(_extracted(answer))
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
