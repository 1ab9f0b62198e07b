"""The caller's own deadline, over HTTP."""

import json
import time
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Send

from service.guard.deadline import HEADER
from tests.conftest import ADAPTER, Gateway, error_of
from tests.support.fake_engine import finds, text_of
from tests.support.openai_script import BODY, CHAT, STREAM

pytestmark = pytest.mark.slow

TIMEOUTS = 'nerve_engine_requests_total{outcome="timeout"}'
TEXT = "叶老桂"


def ask(gateway: Gateway, path: str, body: object, deadline: str = "200") -> httpx2.Response:
    """POST with a deadline."""
    return gateway.client.post(path, json=body, headers={HEADER: deadline})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/extract", {"text": TEXT}),
        ("/redact", {"text": TEXT}),
        (CHAT, BODY),
        (CHAT, STREAM),
        ("/v1/completions", {"prompt": TEXT}),
    ],
)
def test_it_passes(gateway: Gateway, path: str, body: dict[str, Any]) -> None:
    """504 that names it, long before NERVE_DEADLINE_S; the engine's connection is closed, which
    counts as a timeout."""
    gateway.engine.script = gateway.engine.hangs
    before = gateway.metric(TIMEOUTS)
    started = time.monotonic()
    answer = ask(gateway, path, body)
    assert 0.2 <= time.monotonic() - started < 5
    assert (answer.status_code, error_of(answer)["type"]) == (504, "engine_timeout")
    assert f"{HEADER} = 200 passed" in error_of(answer)["message"]
    assert gateway.engine.left.wait(5)
    assert gateway.metric(TIMEOUTS) == before + 1


@pytest.mark.parametrize("deadline", ["60000", "1e9", "9999.5"])
def test_one_that_does_not_pass_changes_nothing(gateway: Gateway, deadline: str) -> None:
    """The answer is as ever."""
    gateway.engine.script = finds(TEXT)
    answer = ask(gateway, "/extract", {"text": TEXT}, deadline)
    assert [entity["text"] for entity in answer.json()["entities"]] == [TEXT]


@pytest.mark.parametrize("deadline", ["0", "-1", "nan", "inf", "1e999", "", "soon", "1 s"])
def test_what_is_no_deadline(gateway: Gateway, deadline: str) -> None:
    """422 names the header, its value and what was expected; the engine is not asked."""
    answer = ask(gateway, "/extract", {"text": TEXT}, deadline)
    assert (answer.status_code, error_of(answer)["param"]) == (422, HEADER)
    message = error_of(answer)["message"]
    assert f"{HEADER} has {deadline!r}; expected a positive number of milliseconds" in message
    assert not gateway.engine.seen


def test_each_text_has_its_error(gateway: Gateway) -> None:
    """What was done in time is in the answer."""
    gateway.engine.script = one_hangs(gateway)
    answer = ask(gateway, "/extract", {"texts": [TEXT, "慢"]}).json()
    assert answer["results"][0]["entities"][0]["text"] == TEXT
    assert f"{HEADER} = 200 passed" in answer["results"][1]["error"]["message"]


def test_a_long_text_says_which_part_is_missing(gateway: Gateway) -> None:
    """A part that was not done in time is named."""
    gateway.engine.script = one_hangs(gateway)
    answer = ask(gateway, "/extract", {"text": "甲" * 255 + "。" + "慢" * 255 + "。"}).json()
    assert answer["partial"]
    (chunk,) = answer["chunks"]
    assert (chunk["start"], chunk["error"]["type"]) == (256, "engine_timeout")
    assert f"{HEADER} = 200 passed" in chunk["error"]["message"]


@pytest.mark.parametrize("path", ["/extract?format=hf", "/analyze"])
def test_a_shape_that_cannot_say_so_is_an_error(gateway: Gateway, path: str) -> None:
    """One that clients do not repeat by themselves, as they would a 503: it would not go better."""
    gateway.engine.script = one_hangs(gateway)
    body = {"text": "甲" * 255 + "。" + "慢" * 255 + "。", "language": "zh"}
    answer = ask(gateway, path, body if path == "/analyze" else {"text": body["text"]})
    assert answer.status_code == 413
    assert "retry-after" not in answer.headers
    assert f"{HEADER} = 200 passed" in answer.text
    assert "send a shorter text" in answer.text


def test_each_line_of_a_batch_has_its_error(gateway: Gateway) -> None:
    """It is a deadline of the whole batch."""
    gateway.engine.script = one_hangs(gateway)
    content = f"{json.dumps(TEXT)}\n{json.dumps('慢')}\n"
    answer = gateway.client.post("/extract/batch", content=content, headers={HEADER: "200"})
    first, second = (json.loads(line) for line in answer.text.splitlines())
    assert first["model"] == ADAPTER
    assert second["error"]["type"] == "engine_timeout"


def test_a_stream_that_has_begun_ends_with_an_event(gateway: Gateway) -> None:
    """In the shape in which OpenAI's clients know errors, and without [DONE]."""

    async def begins(body: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        event = b'data: {"choices": []}\n\n'
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await gateway.engine.hangs(body, receive, send)

    gateway.engine.script = begins
    answer = ask(gateway, CHAT, STREAM)
    assert answer.status_code == 200
    last = answer.text.strip().splitlines()[-1].removeprefix("data: ")
    assert json.loads(last)["error"]["type"] == "engine_timeout"
    assert gateway.engine.left.wait(5)


def one_hangs(gateway: Gateway) -> Any:
    """A script that answers to all texts but those with 慢."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        slow = "慢" in text_of(body)
        await (gateway.engine.hangs if slow else finds(TEXT))(body, receive, send)

    return script
