"""How a streamed extraction ends that does not end well: engine, deadline, client."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Send

from tests.conftest import Gateway, error_of, folder_of, running
from tests.service.engine.test_faults import ENGINE_FAULTS
from tests.support.fake_engine import Script, babbles, cuts, fails, streams, text_of
from tests.support.openai_script import outcome
from tests.support.streaming import (
    BANK,
    NAME,
    TEXT,
    Words,
    arriving,
    chunk,
    events_of,
    of,
    says,
    streamed,
)
from tests.support.waiting import until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("fault", sorted(set(ENGINE_FAULTS) - {"it aborts", "an unknown end"}))
def test_a_fault_before_the_first_event_is_a_status(reading: Gateway, fault: str) -> None:
    """As without a stream."""
    reading.engine.script, status, kind = ENGINE_FAULTS[fault]
    # No stream, so it broke off.
    if fault in ("no JSON", "other JSON", "no choices", "fewer tokens than none"):
        status, kind = 503, "engine_unavailable"
    response = reading.extract("叶老桂", stream=True)
    assert (response.status_code, error_of(response)["type"]) == (status, kind)
    assert ("retry-after" in response.headers) == (status in (429, 503))


LAST = Words(("",)).events()
STREAM_FAULTS: dict[str, tuple[Script, str]] = {
    "it dies": (cuts(b""), "engine_unavailable"),
    "it ends without an end": (says(), "engine_unavailable"),
    "it aborts": (streams(chunk("", reason="abort"), *LAST[-2:]), "engine_unavailable"),
    "an unknown end": (streams(chunk("", reason="tool_calls"), *LAST[-2:]), "engine_error"),
    "no usage": (streams(chunk("", reason="stop")), "engine_error"),
    "its core dies": (
        streams(b'data: {"error": {"message": "EngineCore died", "code": 500}}\n\n', LAST[-1]),
        "engine_unavailable",
    ),
    "an error without a code": (streams(b'data: {"error": {"message": "x"}}\n\n'), "engine_error"),
    "no JSON": (streams(b"data: {\n\n"), "engine_error"),
    "other JSON": (streams(b'data: {"choices": 3}\n\n'), "engine_error"),
    "two choices": (
        streams(b'data: {"choices": [{"delta": {}}, {"delta": {}}]}\n\n'),
        "engine_error",
    ),
    "half a surrogate pair": (streams(chunk("\ud83d"), chunk("x"), *LAST[1:]), "engine_error"),
    "a line too long": (streams(b"data: " + b"x" * 2_000_000 + b"\n"), "engine_error"),
}


def after(first: bytes, then: Script) -> Script:
    """A script: ``first``, then what ``then`` sends but for the answer's head."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        async def rest(message: Any) -> None:
            if message.get("body"):
                await send(message)

        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        await then(body, receive, rest)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return script


@pytest.mark.parametrize("fault", STREAM_FAULTS)
def test_a_fault_in_mid_stream_is_the_last_event(reading: Gateway, fault: str) -> None:
    """What came stands; then an error of the right type, in the envelope, and no ``done``."""
    then, kind = STREAM_FAULTS[fault]
    reading.engine.script = after(chunk("公司：浙商银行\n姓名：叶"), then)
    response = reading.extract(TEXT, stream=True)
    assert response.status_code == 200
    (entity, (name, error)) = events_of(response.content)
    assert entity == ("entity", BANK)
    assert name == "error" and set(error["error"]) == {"message", "type", "param", "code"}
    assert error["error"]["type"] == kind
    assert len(reading.engine.asked) == 1  # what was sent cannot be taken back: no second try
    reading.engine.script = Words(("姓名：叶老桂",))
    assert of(streamed(reading, TEXT), "entity") == [NAME]


def test_a_chunk_of_which_nothing_was_sent_is_tried_again(reading: Gateway) -> None:
    """As without a stream: a connection that closed is no reason to lack a piece."""
    text = f"{'今天下雨。' * 60}叶老桂。"
    first = True

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        nonlocal first
        named = "叶老桂" in text_of(body)
        chosen = (
            says("姓名：叶") if named and first else Words(("姓名：叶老桂" if named else "无",))
        )
        first = first and not named
        await chosen(body, receive, send)

    reading.engine.script = script
    events = streamed(reading, text)
    assert [one["text"] for one in of(events, "entity")] == ["叶老桂"]
    assert "partial" not in of(events, "done")[0]
    assert not first


def test_a_chunk_that_fails_in_mid_stream_is_named_in_the_end(reading: Gateway) -> None:
    """Those of its entities that were sent stand; the others are as ever."""
    text = f"浙商银行。{'今天下雨。' * 60}叶老桂。"

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        broken = "浙商银行" in text_of(body)
        chosen = says("公司：浙商银行\n") if broken else Words(("姓名：叶老桂",))
        await chosen(body, receive, send)

    reading.engine.script = script
    events = streamed(reading, text)
    (done,) = of(events, "done")
    assert [one["text"] for one in of(events, "entity")] == ["浙商银行", "叶老桂"]
    assert done["partial"] is True
    assert (done["chunks"][0]["start"], done["chunks"][0]["error"]["type"]) == (
        0,
        "engine_unavailable",
    )


class TestDeadline:
    """The engine or the client is too slow."""

    @pytest.fixture
    def slow(self, tmp_path: Path) -> Iterator[Gateway]:
        """A short deadline."""
        with running(folder_of(tmp_path, "as_read"), deadline_s=5) as gateway:
            yield gateway

    def test_before_the_first_event(self, slow: Gateway) -> None:
        """504, and the engine's connection is closed."""
        slow.engine.script = says("公司：", then=slow.engine.hangs)
        response = slow.extract(TEXT, stream=True)
        assert (response.status_code, error_of(response)["type"]) == (504, "engine_timeout")
        assert slow.engine.left.wait(5)

    def test_in_mid_stream(self, slow: Gateway) -> None:
        """The last event, and the engine's connection is closed."""
        slow.engine.script = says("公司：浙商银行\n", then=slow.engine.hangs)
        before = outcome(slow, "timeout")
        events = streamed(slow, TEXT)
        assert [name for name, _ in events] == ["entity", "error"]
        assert events[-1][1]["error"]["type"] == "engine_timeout"
        assert slow.engine.left.wait(5)
        assert outcome(slow, "timeout") == before + 1

    def test_the_callers_own(self, slow: Gateway) -> None:
        """Named."""
        slow.engine.script = says("公司：浙商银行\n", then=slow.engine.hangs)
        body, headers = {"text": TEXT, "stream": True}, {"x-nerve-deadline-ms": "300"}
        response = slow.client.post("/extract", json=body, headers=headers)
        (_, (_, error)) = events_of(response.content)
        assert "x-nerve-deadline-ms = 300 passed" in error["error"]["message"]

    def test_a_client_that_does_not_read(self, slow: Gateway) -> None:
        """Loses its connection and its place."""
        # One mention that cannot be used.
        slow.engine.script = Words(["x" * 500_000] * 12, cut=1_000_000)
        before = outcome(slow, "ok")
        address = urlsplit(slow.url)
        body = json.dumps({"text": TEXT, "stream": True}).encode()
        head = (
            "POST /extract HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((address.hostname, address.port))
            client.sendall(head.encode() + body)
            until(lambda: outcome(slow, "ok") == before + 1, 20)
            until(lambda: slow.metric("nerve_requests_in_flight") == 0, 20)
            got = b"".join(iter(lambda: client.recv(1 << 20), b""))
        assert b"event: dropped" in got
        assert b"event: done" not in got


def test_a_client_that_leaves_cancels_the_engines_work(reading: Gateway) -> None:
    """All of it, of every chunk; and its place is free."""
    reading.engine.script = says("公司：浙商银行\n", then=reading.engine.hangs)
    before = outcome(reading, "cancelled")
    body = {"text": f"{TEXT}。{'今天下雨。' * 60}", "stream": True}
    with reading.client.stream("POST", "/extract", json=body) as response:
        events = iter(arriving(response))  # kept, since its end would close the connection
        assert next(events)[0] == "entity"
        assert reading.metric("nerve_requests_in_flight") == 1
    assert reading.engine.left.wait(5)
    until(lambda: reading.metric("nerve_requests_in_flight") == 0)
    until(lambda: reading.metric("nerve_engine_requests_in_flight") == 0)
    assert outcome(reading, "cancelled") == before + 2


def test_an_engine_that_does_not_stream_is_at_fault(reading: Gateway) -> None:
    """Its whole answer is no stream."""
    reading.engine.script = babbles(b'{"choices": []}')
    assert reading.extract(TEXT, stream=True).status_code == 503
    reading.engine.script = fails(400, {"error": "grammar"})
    assert reading.extract(TEXT, stream=True).status_code == 502
