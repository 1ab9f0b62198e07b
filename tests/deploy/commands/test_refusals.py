"""Every refusal in one table: `pytest -s tests/deploy/commands/test_refusals.py` prints it.

Of one gateway process with small limits, in front of a scripted engine.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process
from tests.service.guard.test_keys import table
from tests.support.fake_engine import METRICS, FakeEngine, finds
from tests.support.serving import serving
from tests.support.waiting import until

PLACES, RECEIVE_S, DEADLINE_S, TEXT_BYTES, BODY_BYTES, QUEUE = 4, 1.0, 2.0, 1000, 10_000, 5
KEYS = {"all": "", "small": "concurrency = 1", "slow": "rate = 1"}
HEAD = (
    b"POST /extract HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer key-of-all\r\n"
    b"content-type: application/json\r\n"
)
BODY = {"text": "甲"}


@dataclass
class Stand:
    """The gateway, its engine, and the rows of the table."""

    gateway: GatewayProcess
    engine: FakeEngine
    client: httpx2.Client
    rows: list[str] = field(default_factory=list)

    def post(
        self, body: object = BODY, path: str = "/extract", key: str | None = "all", **headers: str
    ) -> httpx2.Response:
        """A request with the key of this name, or without one."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            given["authorization"] = f"Bearer key-of-{key}"
        return self.client.post(self.gateway.url + path, json=body, headers=given)

    @contextmanager
    def working_on(self, requests: int, key: str) -> Iterator[None]:
        """So many requests are in the engine meanwhile."""
        self.engine.script = self.engine.hangs
        with ThreadPoolExecutor(requests) as pool:
            for _ in range(requests):
                pool.submit(self.post, key=key)
            until(lambda: len(self.engine.asked) == requests)
            yield


Refusal = tuple[int, str, str | None]


def of(answer: httpx2.Response | bytes) -> Refusal:
    """Status, type and code of what was answered, in our envelope."""
    if isinstance(answer, bytes):
        head, body = answer.split(b"\r\n\r\n", 1)
        status, error = int(head.split(b" ", 2)[1]), json.loads(body)["error"]
    else:
        status, error = answer.status_code, answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return status, error["type"], error["code"]


@pytest.fixture(scope="module")
def shared(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One for all rows; at its end the table is printed."""
    folder, engine = tmp_path_factory.mktemp("refusals"), FakeEngine(BASE, ENGINE_NAME)
    keys = (table(name, f"key-of-{name}", "extract", more=more) for name, more in KEYS.items())
    (folder / "keys.toml").write_text("".join(keys), encoding="utf-8")
    settings = {
        "api_keys_file": folder / "keys.toml",
        "max_in_flight": PLACES,
        "receive_s": RECEIVE_S,
        "deadline_s": DEADLINE_S,
        "max_text_bytes": TEXT_BYTES,
        "max_body_bytes": BODY_BYTES,
        "engine_queue_limit": QUEUE,
    }
    with (
        serving(engine) as url,
        gateway_process(adapters, url, folder, **settings) as gateway,
        httpx2.Client(timeout=30, trust_env=False) as client,
    ):
        stand = Stand(gateway, engine, client)
        yield stand
        print("\n| refused | status | type | code | ms |\n|---|---|---|---|---|")
        print("\n".join(stand.rows))


@pytest.fixture
def stand(shared: Stand) -> Stand:
    """Its engine as new."""
    shared.engine.reset()
    shared.engine.script = finds("甲")
    return shared


def is_refused(
    stand: Stand, what: str, ask: Callable[[], httpx2.Response | bytes], expected: Refusal
) -> float:
    """A row of the table; its time in seconds."""
    started = time.perf_counter()
    answer = ask()
    took = time.perf_counter() - started
    found = of(answer)
    status, kind, code = found
    told = f"`{code}`" if code else ""
    stand.rows.append(f"| {what} | {status} | `{kind}` | {told} | {took * 1000:.0f} |")
    assert found == expected
    return took


Asking = Callable[[Stand], httpx2.Response | bytes]
INVALID, LARGE = "invalid_request_error", "request_too_large"
LARGE_BODY = {"text": "a" * BODY_BYTES}

AT_ONCE: dict[str, tuple[Asking, Refusal]] = {
    "no api key": (lambda s: s.post(key=None), (401, "authentication_error", None)),
    "a wrong api key": (lambda s: s.post(key="nobody"), (401, "authentication_error", None)),
    "a key without the right": (
        lambda s: s.post(path="/v1/chat/completions"),
        (403, "permission_error", None),
    ),
    "a key that may not change adapters": (
        lambda s: s.post({"name": "x"}, path="/adapters"),
        (403, "permission_error", None),
    ),
    "a body over the limit, told": (lambda s: s.post(LARGE_BODY), (413, LARGE, None)),
    "a body over the limit, not told": (
        lambda s: s.gateway.talk(
            HEAD + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n",
            *[b"400\r\n" + b"a" * 1024 + b"\r\n"] * 20,
        ),
        (413, LARGE, None),
    ),
    "a text over the limit": (
        lambda s: s.post({"text": "a" * (TEXT_BYTES + 1)}),
        (413, LARGE, None),
    ),
    "a body that is no JSON": (
        lambda s: s.gateway.talk(HEAD + b"connection: close\r\ncontent-length: 1\r\n\r\n{"),
        (400, INVALID, None),
    ),
    "a wrong field": (lambda s: s.post({"text": 3}), (422, INVALID, None)),
    "no such model": (
        lambda s: s.post({**BODY, "model": "x"}),
        (404, "not_found_error", "model_not_found"),
    ),
    "a deadline that is none": (
        lambda s: s.post(x_nerve_deadline_ms="soon"),
        (422, INVALID, None),
    ),
    "a giant header": (
        lambda s: s.gateway.talk(HEAD + b"x-big: " + b"a" * 65536 + b"\r\n\r\n"),
        (431, INVALID, None),
    ),
    "a broken chunk": (
        lambda s: s.gateway.talk(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
        (400, INVALID, None),
    ),
    "an unknown transfer encoding": (
        lambda s: s.gateway.talk(HEAD + b"transfer-encoding: gzip\r\n\r\n{}"),
        (400, INVALID, None),
    ),
}
# With the seconds that it takes.
IN_TIME: dict[str, tuple[Asking, float]] = {
    "an idle connection": (lambda s: s.gateway.talk(), RECEIVE_S),
    "a head without end": (lambda s: s.gateway.talk(HEAD), RECEIVE_S),
    "a body that does not come": (
        lambda s: s.gateway.talk(HEAD + b"content-length: 9\r\n\r\n{"),
        RECEIVE_S,
    ),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_at_once(stand: Stand, what: str) -> None:
    """Without a word to the engine, and without waiting for anything."""
    ask, expected = AT_ONCE[what]
    assert is_refused(stand, what, lambda: ask(stand), expected) < RECEIVE_S + 4
    assert stand.engine.asked == []


def test_too_many_at_a_time(stand: Stand) -> None:
    """Of all callers; of one key; in the engine."""
    with stand.working_on(PLACES, "all"):
        what = f"all {PLACES} places taken"
        assert is_refused(stand, what, stand.post, (429, "overloaded", None)) < DEADLINE_S
    stand.engine.reset()
    with stand.working_on(1, "small"):
        expected = (429, "overloaded", "key_concurrency")
        is_refused(stand, "over a key's concurrency", lambda: stand.post(key="small"), expected)


def test_too_many_in_a_minute(stand: Stand) -> None:
    """Of one key."""
    assert stand.post(key="slow").status_code == 200
    expected = (429, "overloaded", "key_rate")
    is_refused(stand, "over a key's rate", lambda: stand.post(key="slow"), expected)


def test_too_many_in_the_engine(stand: Stand) -> None:
    """As its own metrics say."""
    stand.engine.metrics = METRICS.format(waiting=QUEUE)
    until(lambda: f"queue_length {QUEUE}.0" in metrics(stand))
    expected = (429, "overloaded", "engine_queue")
    is_refused(stand, "a full queue in the engine", stand.post, expected)
    stand.engine.metrics = METRICS.format(waiting=0)
    until(lambda: "queue_length 0.0" in metrics(stand))


def metrics(stand: Stand) -> str:
    """What the gateway shows."""
    return httpx2.get(f"{stand.gateway.url}/metrics", trust_env=False).text


@pytest.mark.parametrize("what", IN_TIME)
def test_in_time(stand: Stand, what: str) -> None:
    """What does not come in is waited for so long."""
    ask, seconds = IN_TIME[what]
    took = is_refused(stand, what, lambda: ask(stand), (408, "request_timeout", None))
    assert 0.9 * seconds <= took < seconds + 5


@pytest.mark.parametrize(
    ("what", "headers", "seconds"),
    [
        ("the gateway's deadline", {}, DEADLINE_S),
        ("a caller's own deadline of 300 ms", {"x_nerve_deadline_ms": "300"}, 0.3),
    ],
)
def test_too_slow(stand: Stand, what: str, headers: dict[str, str], seconds: float) -> None:
    """The engine's work ends with it."""
    stand.engine.script = stand.engine.hangs
    took = is_refused(stand, what, lambda: stand.post(**headers), (504, "engine_timeout", None))
    assert 0.9 * seconds <= took < seconds + 5
    assert stand.engine.left.wait(10)


def test_an_engine_that_is_not_there(adapters: Path, tmp_path: Path, shared: Stand) -> None:
    """The first callers are told so when it was tried, the next at once."""
    with ExitStack() as stack:
        engine = FakeEngine(BASE, ENGINE_NAME)
        with serving(engine) as url:
            settings: dict[str, Any] = {"breaker_failures": 3, "probe_interval_s": 60}
            gateway = stack.enter_context(gateway_process(adapters, url, tmp_path, **settings))
        stand = Stand(gateway, engine, shared.client, shared.rows)
        expected: Refusal = (503, "engine_unavailable", None)
        is_refused(stand, "an engine that is down", lambda: stand.post(key=None), expected)
        until(lambda: of(stand.post(key=None))[2] == "breaker_open")
        expected = (503, "engine_unavailable", "breaker_open")
        is_refused(stand, "the same, the breaker open", lambda: stand.post(key=None), expected)
