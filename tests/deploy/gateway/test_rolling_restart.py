"""Two gateways behind a balancer that asks /ready; each is restarted under load."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process
from tests.support.fake_engine import FakeEngine, finds, streams
from tests.support.openai_script import CHAT, DONE, STREAM, event
from tests.support.serving import serving
from tests.support.waiting import until

CALLERS = 6
LOOK_S = 0.1
# Longer than the balancer takes to notice, where other work has the processors.
DRAIN_S = 5


class Balancer:
    """Who is ready, as the last look at /ready said; callers take turns among those."""

    def __init__(self, gateways: list[GatewayProcess]) -> None:
        self._gateways = gateways
        self._turn = 0
        self._ended = threading.Event()
        self.ready = list(gateways)

    def choose(self) -> GatewayProcess:
        """The next one."""
        ready = self.ready
        self._turn += 1
        return ready[self._turn % len(ready)]

    def look(self) -> None:
        """Until the end."""
        while not self._ended.wait(LOOK_S):
            self.ready = [one for one in self._gateways if one.status("/ready") == 200]

    def end(self) -> None:
        """Look no more."""
        self._ended.set()


class Load:
    """Callers who ask without a pause on kept connections, and what came of it."""

    def __init__(self, balancer: Balancer) -> None:
        self._balancer = balancer
        self._ended = threading.Event()
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []

    def ask(self) -> None:
        """Extractions and streams in turn, until the end."""
        with httpx2.Client(timeout=60, trust_env=False) as client:
            while not self._ended.is_set():
                gateway = self._balancer.choose()
                for path, body in (("/extract", {"text": "甲"}), (CHAT, STREAM)):
                    self._one(client, gateway, path, body)

    def _one(
        self, client: httpx2.Client, gateway: GatewayProcess, path: str, body: dict[str, Any]
    ) -> None:
        try:
            answer = client.post(gateway.url + path, json=body)
            whole = answer.content.endswith(DONE) or path != CHAT
            well = answer.status_code == 200 and whole
            if not well:
                self.failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        except httpx2.HTTPError as exc:
            self.failed.append(f"{path}: {exc!r}")
        self.counts[f"{path} by {gateway.url} {gateway.process.pid}"] += 1

    def end(self) -> None:
        """Ask no more."""
        self._ended.set()


@contextmanager
def running(*threads: threading.Thread) -> Iterator[None]:
    """Threads that are told to end before this ends."""
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)


def test_no_request_fails(adapters: Path, tmp_path: Path) -> None:
    """Each gateway ends with status 0 and comes back; every answer was whole."""
    engine = FakeEngine(BASE, ENGINE_NAME)

    async def script(body: dict[str, Any], *channel: Any) -> None:
        told = streams(event("叶"), event("老"), DONE, pause_s=0.02)
        await (told if body.get("stream") else finds("甲"))(body, *channel)

    engine.script = script
    with ExitStack() as stack:
        url = stack.enter_context(serving(engine))
        gateways = [
            stack.enter_context(gateway_process(adapters, url, tmp_path, drain_s=DRAIN_S))
            for _ in range(2)
        ]
        balancer = Balancer(gateways)
        load = Load(balancer)
        callers = [threading.Thread(target=load.ask) for _ in range(CALLERS)]
        with running(threading.Thread(target=balancer.look), *callers):
            try:
                started = time.monotonic()
                for gateway in gateways * 2:
                    _restart(gateway, balancer, load)
            finally:
                load.end()
                balancer.end()
    seconds = time.monotonic() - started
    failed, total = len(load.failed), load.counts.total()
    print(f"4 restarts in {seconds:.1f} s, {total} requests, {failed} failed")
    for name, count in sorted(load.counts.items()):
        print(f"{count:6} {name}")
    assert load.failed == []
    assert len(load.counts) >= 8  # both routes, of each process before and after its restart


def _restart(gateway: GatewayProcess, balancer: Balancer, load: Load) -> None:
    until(lambda: gateway in balancer.ready, within_s=60)
    before = load.counts.total()
    until(lambda: load.counts.total() > before + 20, within_s=60)
    assert gateway.end() == 0
    gateway.begin_again()
    until(lambda: gateway in balancer.ready, within_s=60)
