"""An evaluation of a service that fails, refuses, changes or is none."""

import asyncio
import shutil
from pathlib import Path

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import (
    EvaluationError,
    Service,
    retry_after,
)
from service.models import names
from tests.adapters.measuring.asking import FOUND, at_once, extracted
from tests.adapters.measuring.three_sentences import TEXTS, knows_one_name
from tests.conftest import ADAPTER, Gateway, running
from tests.support.adapter_folders import put_adapter
from tests.support.fake_engine import fails
from tests.support.serving import free_port, serving
from tests.support.waiting import until


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
            asyncio.run(extracted(answer))
    else:
        assert asyncio.run(extracted(answer)) == FOUND
    assert len(asked) == 3


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
