"""``POST /extract/batch`` under small limits: places, completions, time."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from tests.conftest import Gateway, error_of, running
from tests.service.extraction.test_long_text import when
from tests.service.guard.test_held_bytes import unfinished
from tests.support.batching import HEADERS, batch, post
from tests.support.fake_engine import Script, finds
from tests.support.waiting import until

pytestmark = pytest.mark.slow

NAME = "叶老桂"


class TestLimits:
    """One place, a short deadline, two completions at a time."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """Small limits."""
        with running(adapters, max_in_flight=1, deadline_s=0.5, request_concurrency=2) as gateway:
            yield gateway

    def test_a_batch_holds_one_place(self, gateway: Gateway) -> None:
        """The next is 429 at once, a batch too."""
        gateway.engine.script = gateway.engine.hangs
        with batch(gateway.url) as client:
            client.send("甲")
            assert gateway.engine.busy.wait(5)
            assert gateway.extract("甲").status_code == 429
            response = gateway.client.post("/extract/batch", content=b"", headers=HEADERS)
            assert error_of(response)["type"] == "overloaded"

    def test_no_more_completions_at_a_time(self, gateway: Gateway) -> None:
        """However many rows there are."""
        gateway.engine.script = gateway.engine.hangs
        rows = b'"a"\n' * 10
        answers = post(gateway, rows)
        assert [answer["error"]["type"] for answer in answers] == ["engine_timeout"] * 10

    def test_each_row_has_the_deadlines_time(self, gateway: Gateway) -> None:
        """A batch may take longer than a request."""
        gateway.engine.script = when("慢", gateway.engine.hangs, finds(NAME))
        rows = "".join(json.dumps(text) + "\n" for text in ("慢", "慢", "慢", "慢", NAME))
        answers = post(gateway, rows.encode())
        assert [("error" in answer) for answer in answers] == [True] * 4 + [False]

    def test_a_client_that_sends_nothing_does_not_keep_its_place(self, gateway: Gateway) -> None:
        """The connection is closed."""
        with batch(gateway.url) as client:
            client.send(b'"')
            until(lambda: gateway.metric("nerve_held_bytes") == 1)
            assert gateway.metric("nerve_requests_in_flight") == 0
            assert client.head().startswith(b"HTTP/1.1 200")
            assert client.rest() == b""

    def test_bytes_without_a_row_do_not_keep_the_place(self, gateway: Gateway) -> None:
        """However often they come."""
        with batch(gateway.url) as client:
            began = time.monotonic()
            with suppress(OSError):
                while time.monotonic() - began < 10:
                    client.send(b" ")
                    time.sleep(0.05)
            assert time.monotonic() - began < 10
        until(lambda: gateway.metric("nerve_requests_in_flight") == 0)

    def test_between_rows_the_place_is_others(self, gateway: Gateway) -> None:
        """A batch that dribbles a row a while keeps nobody out; a row waits for its place."""
        gateway.engine.script = when("慢", gateway.engine.hangs, finds(NAME))
        with batch(gateway.url) as client:
            for turn in range(3):
                client.send(NAME)
                until(lambda turn=turn: len(gateway.engine.asked) == 2 * turn + 1)  # type: ignore[misc]
                until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
                assert gateway.extract(NAME).status_code == 200
            client.send("慢")
            until(lambda: gateway.metric("nerve_requests_in_flight") == 1)
            assert gateway.extract(NAME).status_code == 429
            client.end()
            client.head()
            assert ["error" in answer for answer in client.answers()] == [False] * 3 + [True]

    def test_rows_that_come_slowly_are_answered(self, gateway: Gateway) -> None:
        """Each within the time, all together not."""
        gateway.engine.script = finds(NAME)
        with batch(gateway.url) as client:
            for _ in range(8):
                client.send(NAME)
                time.sleep(0.2)
            client.end()
            client.head()
            assert [answer["line"] for answer in client.answers()] == list(range(1, 9))


def test_the_time_for_the_next_row_begins_with_the_last_answer(adapters: Path) -> None:
    """A client that reads an answer before it sends on has all of it, however long that took."""
    with running(adapters, deadline_s=8) as gateway, batch(gateway.url) as client:
        gateway.engine.script = _after(5, finds(NAME))
        client.send(NAME)
        client.head()
        answers = client.answers()
        assert next(answers)["line"] == 1
        time.sleep(4)  # 9 s after the row before, 4 s after its answer
        client.send(NAME)
        assert next(answers)["line"] == 2


def _after(seconds: float, then: Script) -> Script:
    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await then(body, receive, send)

    return script


def test_without_room_for_its_rows_it_is_told_so(adapters: Path) -> None:
    """429 after the deadline's time, not a fault of the gateway."""
    with running(adapters, max_held_bytes=1000, max_body_bytes=1000, deadline_s=0.5) as gateway:
        with unfinished(gateway, b"/extract", 900):
            until(lambda: gateway.metric("nerve_held_bytes") == 900)
            rows = b'"x"\n' * 100
            refused = gateway.client.post("/extract/batch", content=rows, headers=HEADERS)
            assert (refused.status_code, error_of(refused)["code"]) == (429, "held_bytes")
            assert gateway.metric("nerve_held_bytes") == 900
        until(lambda: gateway.metric("nerve_held_bytes") == 0)
        assert len(post(gateway, rows)) == 100
