"""How `nerve serve` ends: not ready first, then nothing new, then nothing at all."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.deploy.gateway.conftest import Engine
from tests.deploy.gateway.gateway_process import GatewayProcess, ask_live, gateway_process
from tests.support.openai_script import CHAT, DONE, STREAM, event, public, waits_between
from tests.support.waiting import until


@pytest.fixture
def gateway(adapters: Path, engine: Engine, tmp_path: Path) -> Iterator[GatewayProcess]:
    """A gateway that drains for two seconds."""
    with gateway_process(adapters, engine[1], tmp_path, drain_s=2) as gateway:
        yield gateway


def test_readiness_goes_first(gateway: GatewayProcess) -> None:
    """Then kept connections are let go of one by one, and new ones are still served; status 0."""
    with gateway.connect() as kept:
        assert b"connection: close" not in ask_live(kept)
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: gateway.status("/ready") == 503)
        ready = httpx2.get(f"{gateway.url}/ready", trust_env=False)
        assert ready.json()["error"]["code"] == "draining"
        assert gateway.status("/live") == 200
        assert b"connection: close" in ask_live(kept)
        assert kept.recv(1) == b""
    assert gateway.process.wait(30) == 0
    assert gateway.status("/live") == 0


def test_one_process_has_nothing_to_replace(gateway: GatewayProcess) -> None:
    """It says so, and goes on; several workers make room for others."""
    gateway.process.send_signal(signal.SIGUSR1)
    until(lambda: "SIGUSR1: nothing is replaced; expected several workers" in gateway.said())
    assert gateway.status("/ready") == 200
    assert gateway.end() == 0


def test_nohup_holds(adapters: Path, engine: Engine, tmp_path: Path) -> None:
    """A gateway, and several workers, that were begun deaf to a closed terminal go on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        for workers in (1, 2):
            folder = tmp_path / str(workers)
            folder.mkdir()
            with gateway_process(adapters, engine[1], folder, workers=workers) as gateway:
                gateway.process.send_signal(signal.SIGHUP)
                time.sleep(0.5)
                assert gateway.status("/ready") == 200
                assert gateway.end(signal.SIGINT) == 0
                assert "stopping" in gateway.said()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host": "nowhere.invalid", "allow_no_keys": True}, "NERVE_HOST = 'nowhere.invalid'"),
        ({"port": "taken"}, "cannot listen there: Address already in use"),
    ],
)
def test_where_it_cannot_listen_is_said(
    adapters: Path, engine: Engine, tmp_path: Path, settings: dict[str, object], says: str
) -> None:
    """With the status of any setting that cannot be used."""
    if "port" in settings:
        settings = {"port": engine[1].rpartition(":")[2]}
    gateway = GatewayProcess(adapters, engine[1], tmp_path / "log", **settings)
    assert gateway.process.wait(60) == 1
    assert says in gateway.said()
    assert "Traceback" not in gateway.said()


def test_ctrl_c_does_not_wait(gateway: GatewayProcess) -> None:
    """Nobody balances what a person runs in a terminal."""
    started = time.monotonic()
    assert gateway.end(signal.SIGINT) == 0
    assert "in 0 s" in gateway.said()
    assert time.monotonic() - started < 20


def test_a_second_signal_ends_at_once(gateway: GatewayProcess, engine: Engine) -> None:
    """Whatever is in flight, with the status that a shell knows."""
    engine[0].script = engine[0].hangs
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(post, gateway, "甲")
        assert engine[0].busy.wait(10)
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: gateway.status("/ready") == 503)
        assert gateway.end(signal.SIGTERM) == 128 + signal.SIGTERM
        assert isinstance(asking.exception(10), httpx2.TransportError)


@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGHUP])
def test_requests_in_flight_finish(
    gateway: GatewayProcess, engine: Engine, ends_by: signal.Signals
) -> None:
    """A stream too, although it goes on when nobody can connect any more."""
    gate = threading.Event()
    engine[0].script = waits_between(gate, [event("叶")], [DONE])
    url = f"{gateway.url}{CHAT}"
    with httpx2.stream("POST", url, json=STREAM, timeout=60, trust_env=False) as response:
        pieces = response.iter_raw()
        assert next(pieces) == public(event("叶"))
        gateway.process.send_signal(ends_by)
        until(lambda: gateway.status("/live") == 0, within_s=30)
        gate.set()
        assert b"".join(pieces) == DONE
    assert gateway.process.wait(30) == 0


def test_the_grace_time_ends(adapters: Path, engine: Engine, tmp_path: Path) -> None:
    """A request that takes longer is cut off; the engine's work ends with it."""
    engine[0].script = engine[0].hangs
    settings = {"drain_s": 0, "shutdown_grace_s": 1}
    with (
        gateway_process(adapters, engine[1], tmp_path, **settings) as gateway,
        ThreadPoolExecutor(1) as pool,
    ):
        asking = pool.submit(post, gateway, "甲")
        assert engine[0].busy.wait(10)
        assert gateway.end() == 0
        asking.exception(10)
        assert engine[0].left.wait(10)


def post(gateway: GatewayProcess, text: str) -> httpx2.Response:
    """POST /extract."""
    body = json.dumps({"text": text}).encode()
    headers = {"content-type": "application/json"}
    return httpx2.post(
        f"{gateway.url}/extract", content=body, headers=headers, timeout=60, trust_env=False
    )
