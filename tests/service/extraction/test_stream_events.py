"""When the events of a streamed extraction come."""

import asyncio
import json
import threading
from typing import Any

import pytest
from starlette.types import Receive, Send

from tests.conftest import ADAPTER, Gateway, error_of
from tests.support.fake_engine import Script, streams, text_of
from tests.support.streaming import (
    BANK,
    NAME,
    TEXT,
    Words,
    arriving,
    chunk,
    ends,
    of,
    says,
    streamed,
)


def waits_for(gate: threading.Event, then: Script) -> Script:
    """As a script's ``then``: nothing more until the gate was opened, then ``then``."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        if not await asyncio.to_thread(gate.wait, 10):
            raise AssertionError("the client has not got what was sent")
        await then(body, receive, send)

    return script


def test_an_entity_comes_while_the_engine_still_writes(reading: Gateway) -> None:
    """As soon as its mention has ended; the rest, and what else there is to say, at the end."""
    gate = threading.Event()
    reading.engine.script = says("公司：浙商", "银行\n姓", then=waits_for(gate, ends("名：叶老桂")))
    body = {"text": TEXT, "stream": True}
    with reading.client.stream("POST", "/extract", json=body) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        events = iter(arriving(response))
        assert next(events) == ("entity", BANK)
        assert reading.metric("nerve_requests_in_flight") == 1
        gate.set()
        assert next(events) == ("entity", NAME)
        name, done = next(events)
        assert next(events, None) is None
    assert name == "done" and done.pop("id").startswith("ext-")
    usage = {"prompt_tokens": 96, "completion_tokens": 15}
    assert done == {"model": ADAPTER, "truncated": False, "usage": usage}
    assert reading.engine.asked[-1]["stream_options"] == {"include_usage": True}


def test_a_scored_entity_comes_with_the_tokens_that_wrote_it(reading: Gateway) -> None:
    """Its score is that of the whole answer, before the whole answer is there."""
    gate, last = threading.Event(), Words(("",)).events()[-3:]
    told = [("公司：", -0.5), ("浙商银行", -0.25), ("\n", -0.25), ("姓名", -9.0)]
    said = [chunk(token, [(token, logprob)]) for token, logprob in told]

    async def then(body: dict[str, Any], receive: Receive, send: Send) -> None:
        for data in last:
            await send({"type": "http.response.body", "body": data, "more_body": True})

    reading.engine.script = streams(*said, then=waits_for(gate, then))
    body = {"text": TEXT, "stream": True, "scores": "raw"}
    with reading.client.stream("POST", "/extract", json=body) as response:
        events = iter(arriving(response))
        assert next(events) == ("entity", {**BANK, "score": pytest.approx(0.367879, abs=1e-5)})
        gate.set()
        assert [name for name, _ in events] == ["dropped", "done"]


def test_where_a_longer_mention_may_win_entities_wait(gateway: Gateway) -> None:
    """The rule ``all``: none is sent that would have to be taken back."""
    gateway.engine.script = says("姓名：银行\n公司：浙商银行", then=ends(""))
    events = streamed(gateway, TEXT)
    assert of(events, "entity") == [BANK]
    assert of(events, "dropped") == [{"label": "name", "text": "银行", "reason": "overlap"}]


def test_chunks_come_in_the_texts_order(reading: Gateway) -> None:
    """Though the second is done first: its entities come when the first is done."""
    gate = threading.Event()
    text = f"{'甲' * 200}浙商银行。{'乙' * 200}叶老桂。"

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        if "浙商银行" in text_of(body):
            await waits_for(gate, Words(("公司：浙商银行",)))(body, receive, send)
        else:
            await Words(("姓名：叶老桂",))(body, receive, send)
            gate.set()

    reading.engine.script = script
    found = of(streamed(reading, text), "entity")
    assert [(one["text"], one["start"]) for one in found] == [("浙商银行", 200), ("叶老桂", 405)]


@pytest.mark.parametrize("text", ["", " \n　"])
def test_a_blank_text_is_done(reading: Gateway, text: str) -> None:
    """One event, and no engine."""
    (event,) = streamed(reading, text)
    assert event[0] == "done"
    assert event[1]["usage"] == {"prompt_tokens": 0, "completion_tokens": 0}
    assert reading.engine.asked == []


@pytest.mark.parametrize(
    ("path", "body", "param", "says"),
    [
        ("/extract", {"texts": ["甲"]}, "texts", "texts is there; stream expects text"),
        ("/extract?format=hf", {"text": "甲"}, "format", "format is there; stream expects none"),
        ("/extract", {"text": "甲", "labels": ["x"]}, "labels", "labels has 'x'"),
        ("/extract", {"text": "甲", "model": "x"}, "model", "x"),
        ("/extract", {}, "text", "text is missing"),
        ("/redact", {"text": "甲"}, "stream", "stream is not a field"),
    ],
)
def test_what_is_refused(
    reading: Gateway, path: str, body: dict[str, Any], param: str, says: str
) -> None:
    """With a status and the field's name, before any event; so is what is no true or false."""
    response = reading.client.post(path, json={**body, "stream": True})
    assert response.status_code in (404, 422)
    assert error_of(response)["param"] == param
    assert says in error_of(response)["message"]


def test_stream_is_true_or_false(reading: Gateway) -> None:
    """Nothing else."""
    refused = reading.extract("甲", stream="yes")
    assert error_of(refused)["param"] == "stream"
    assert "entities" in reading.extract("甲", stream=False).json()


def test_a_character_is_never_cut(reading: Gateway) -> None:
    """Wherever the stream's bytes are, and the deltas in mid-pair."""
    for cut in range(1, 12):
        reading.engine.script = Words(("姓名：\ud842", "", "\udfb7野", "家"), cut=cut)
        (entity,) = of(streamed(reading, "在𠮷野家", offsets="utf16"), "entity")
        assert (entity["text"], entity["start"], entity["end"]) == ("𠮷野家", 1, 5)


def test_an_events_data_is_one_line_to_every_reader(reading: Gateway) -> None:
    """Python's ``splitlines`` ends one at U+0085, U+2028 and U+2029, which JSON may have."""
    reading.engine.script = says("公司：浙商银行", then=ends())
    text = "浙商\u2028银\x85行"
    response = reading.client.post("/extract", json={"text": text, "stream": True})
    lines = response.text.splitlines()
    said = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert said[0]["text"] == text
    assert {line.partition(":")[0] for line in lines} == {"event", "data", ""}
