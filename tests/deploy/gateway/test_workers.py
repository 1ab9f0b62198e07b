"""`nerve serve --workers`: several processes that are one gateway to whoever asks."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Send

from service.guard.keys import sha256_of
from tests.deploy.gateway.conftest import Engine
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process
from tests.support.fake_engine import FakeEngine, Script, finds
from tests.support.serving import free_port, serving
from tests.support.waiting import until

WORKERS = 3
QUICK = {"drain_s": 1, "shutdown_grace_s": 2}


@pytest.fixture
def gateway(adapters: Path, engine: Engine, tmp_path: Path) -> Iterator[GatewayProcess]:
    """Three workers with four places."""
    with workers(
        adapters, engine, tmp_path, max_in_flight=4, drain_s=1, shutdown_grace_s=2
    ) as gateway:
        yield gateway


@contextmanager
def workers(
    adapters: Path, engine: Engine, folder: Path, **settings: object
) -> Iterator[GatewayProcess]:
    """A gateway of three workers, which end with it."""
    given = {"workers": WORKERS, **settings}
    with gateway_process(adapters, engine[1], folder, **given) as gateway:
        found = pids(gateway)
        assert len(found) == WORKERS
        yield gateway
    until(lambda: not any(is_there(pid) for pid in found), within_s=60)


def pids(gateway: GatewayProcess) -> set[int]:
    """Of its workers."""
    pid = gateway.process.pid
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def is_there(pid: int) -> bool:
    """Does this process run?"""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def extract(gateway: GatewayProcess, key: str | None = None) -> httpx2.Response:
    """POST /extract on a connection of its own, which any of the workers may take."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    url, body = f"{gateway.url}/extract", {"text": "甲"}
    return httpx2.post(url, json=body, headers=headers, timeout=60, trust_env=False)


def metric(gateway: GatewayProcess, series: str) -> float:
    """The value of one series of /metrics, from whichever worker takes the connection."""
    text = httpx2.get(f"{gateway.url}/metrics", timeout=60, trust_env=False).text
    (line,) = (line for line in text.splitlines() if line.startswith(series + " "))
    return float(line.rsplit(" ", 1)[1])


def waits(gate: threading.Event) -> Script:
    """A script: finds something once the gate is open."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        await asyncio.to_thread(gate.wait, 60)
        await finds("甲")(body, receive, send)

    return script


def hanging(
    gateway: GatewayProcess, engine: Engine, pool: ThreadPoolExecutor, count: int
) -> list["Future[httpx2.Response]"]:
    """So many requests that the engine does not answer."""
    engine[0].script = engine[0].hangs
    asked = [pool.submit(extract, gateway) for _ in range(count)]
    until(lambda: metric(gateway, "nerve_requests_in_flight") == count, within_s=30)
    return asked


def test_places_are_those_of_all(gateway: GatewayProcess, engine: Engine) -> None:
    """Four in flight, and whichever worker gets the fifth refuses it; each scrape says the same."""
    with ThreadPoolExecutor(4) as pool:
        asked = hanging(gateway, engine, pool, 4)
        assert [extract(gateway).status_code for _ in range(8)] == [429] * 8
        assert {metric(gateway, "nerve_requests_in_flight") for _ in range(5)} == {4}
        assert metric(gateway, "nerve_places") == 4
        assert metric(gateway, "nerve_workers") == WORKERS
        gateway.process.kill()  # nothing ends the four otherwise
        wait(asked, 60)


def test_each_scrape_tells_of_all(gateway: GatewayProcess) -> None:
    """Counters and histograms add up, and those of a worker that died go on."""
    asked = 'nerve_http_requests_total{method="POST",route="/extract",status="200"}'
    took = 'nerve_http_request_duration_seconds_count{route="/extract"}'
    for _ in range(12):
        assert extract(gateway).status_code == 200
    for _ in range(6):
        assert (metric(gateway, asked), metric(gateway, took)) == (12, 12)
    assert metric(gateway, 'nerve_entities_total{adapter="clue",label="name"}') == 12
    cpu_s = metric(gateway, "process_cpu_seconds_total")
    for pid in pids(gateway):
        os.kill(pid, signal.SIGKILL)
    until(lambda: metric(gateway, "nerve_workers") == WORKERS, within_s=60)
    assert extract(gateway).status_code == 200
    assert metric(gateway, asked) == 13
    assert metric(gateway, "nerve_worker_starts_total") == 2 * WORKERS
    assert metric(gateway, "process_cpu_seconds_total") > cpu_s


def test_a_worker_that_dies_leaves_its_places(gateway: GatewayProcess, engine: Engine) -> None:
    """Others go on meanwhile, /ready stays as it is, and another worker follows."""
    with ThreadPoolExecutor(4) as pool:
        asked = hanging(gateway, engine, pool, 4)
        for pid in pids(gateway):
            os.kill(pid, signal.SIGKILL)
        assert all(one.exception(30) for one in asked)
    until(lambda: metric(gateway, "nerve_requests_in_flight") == 0, within_s=60)
    engine[0].script = finds("甲")
    assert [extract(gateway).status_code for _ in range(8)] == [200] * 8
    until(lambda: len(pids(gateway)) == WORKERS, within_s=60)
    assert "was ended by SIGKILL; another begins in 0 s" in gateway.said()
    one = next(iter(pids(gateway)))
    os.kill(one, signal.SIGKILL)
    assert {gateway.status("/ready") for _ in range(5)} == {200}
    until(lambda: one not in pids(gateway) and len(pids(gateway)) == WORKERS, within_s=60)


def test_a_key_has_its_limits_once(adapters: Path, engine: Engine, tmp_path: Path) -> None:
    """Not once with each worker: so many a minute, so many at a time."""
    keys = tmp_path / "keys.toml"
    keys.write_text(
        f'[keys.slow]\nsha256 = "{sha256_of(b"slow")}"\nscopes = ["extract"]\nrate = 1\n'
        f'[keys.single]\nsha256 = "{sha256_of(b"one")}"\nscopes = ["extract"]\nconcurrency = 1\n'
    )
    with workers(adapters, engine, tmp_path, api_keys_file=keys, **QUICK) as gateway:
        answers = [extract(gateway, "slow") for _ in range(6)]  # the next is due in a minute
        assert [one.status_code for one in answers] == [200] + [429] * 5
        engine[0].script = engine[0].hangs
        with ThreadPoolExecutor(1) as pool:
            pool.submit(extract, gateway, "one")
            assert engine[0].busy.wait(20)
            refused = [extract(gateway, "one").json()["error"]["code"] for _ in range(6)]
            assert refused == ["key_concurrency"] * 6
            gateway.process.kill()


def test_all_drain_and_finish(adapters: Path, engine: Engine, tmp_path: Path) -> None:
    """Also when the signal comes to each process, as from systemd; status 0, nothing is left."""
    gate = threading.Event()
    engine[0].script = waits(gate)
    with workers(adapters, engine, tmp_path, drain_s=1) as gateway, ThreadPoolExecutor(4) as pool:
        found = pids(gateway)
        asked = [pool.submit(extract, gateway) for _ in range(4)]
        until(lambda: metric(gateway, "nerve_requests_in_flight") == 4, within_s=30)
        for pid in (*found, gateway.process.pid):
            os.kill(pid, signal.SIGTERM)
        until(lambda: gateway.status("/live") == 0, within_s=60)
        gate.set()
        assert [one.result(30).status_code for one in asked] == [200] * 4
        assert gateway.process.wait(60) == 0
        assert not any(is_there(pid) for pid in found)


def test_ctrl_c_does_not_wait(gateway: GatewayProcess) -> None:
    """A terminal sends it to all of them."""
    # The first process first, which would begin another for a worker that ends by itself.
    for pid in (gateway.process.pid, *pids(gateway)):
        os.kill(pid, signal.SIGINT)
    assert gateway.process.wait(60) == 0
    assert gateway.said().count("no new connections in 0 s") == WORKERS


def test_a_second_signal_ends_all_at_once(gateway: GatewayProcess, engine: Engine) -> None:
    """Whatever is in flight, with the status that a shell knows."""
    with ThreadPoolExecutor(2) as pool:
        asked = hanging(gateway, engine, pool, 2)
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: "stopping 3 workers" in gateway.said(), within_s=30)
        assert gateway.end(signal.SIGTERM) == 128 + signal.SIGTERM
        assert all(one.exception(30) for one in asked)


def test_workers_end_with_their_watcher(gateway: GatewayProcess) -> None:
    """Even when it is killed and can tell them nothing."""
    found = pids(gateway)
    gateway.kill()
    until(lambda: not any(is_there(pid) for pid in found), within_s=60)


def test_workers_are_replaced_one_after_the_other(gateway: GatewayProcess) -> None:
    """All of them, and no request fails meanwhile."""
    before, over = pids(gateway), threading.Event()

    def ask() -> set[int]:
        seen = set()
        while not over.is_set():
            seen |= {extract(gateway).status_code, gateway.status("/ready")}
        return seen

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            gateway.process.send_signal(signal.SIGUSR1)
            until(
                lambda: len(pids(gateway)) == WORKERS and not pids(gateway) & before, within_s=120
            )
        finally:
            over.set()
        assert asking.result(60) == {200}
    assert metric(gateway, "nerve_worker_starts_total") == 2 * WORKERS


def test_a_worker_that_stands_still_is_ended(
    adapters: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections would wait for ever; another takes its place."""
    monkeypatch.setattr(GatewayProcess, "module", "tests.deploy.gateway.impatient_gateway")
    with workers(adapters, engine, tmp_path) as gateway:
        stopped = next(iter(pids(gateway)))
        os.kill(stopped, signal.SIGSTOP)
        until(lambda: stopped not in pids(gateway), within_s=60)
        until(lambda: len(pids(gateway)) == WORKERS, within_s=60)
        assert f"(pid {stopped}) stands still and is ended" in gateway.said()


def test_what_is_wrong_is_said_once(adapters: Path, engine: Engine, tmp_path: Path) -> None:
    """Before there is any worker; and by the first, where only that can know."""
    with serving(FakeEngine()) as taken:
        port = taken.rpartition(":")[2]
        said, status = fails_to_begin(adapters, engine, tmp_path, port=port)
    assert (status, said.count("cannot listen there: Address already in use")) == (1, 1)
    said, status = fails_to_begin(adapters, engine, tmp_path, default_model="nobody")
    assert (status, said.count("nobody")) == (1, 1)


def fails_to_begin(
    adapters: Path, engine: Engine, folder: Path, **settings: object
) -> tuple[str, int]:
    """What a gateway of three workers says, and its exit status."""
    log = folder / f"gateway-{free_port()}.log"
    gateway = GatewayProcess(adapters, engine[1], log, workers=WORKERS, **settings)
    status = gateway.process.wait(60)
    return gateway.said(), status


def test_examples_of_a_worker_are_kept(gateway: GatewayProcess) -> None:
    """Traced requests are named in the histograms of the worker that is asked."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    url, headers = f"{gateway.url}/extract", {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with httpx2.Client(timeout=60, trust_env=False) as client:  # keeps to one connection
        client.post(url, json={"text": "甲"}, headers=headers)
        accept = {"accept": "application/openmetrics-text"}
        shown = client.get(f"{gateway.url}/metrics", headers=accept).text
    assert f'trace_id="{trace}"' in shown
    assert shown.endswith("# EOF\n")
