"""`make router`: two gateways behind nobody, vLLM's own router, two engines; one of each is killed
under load, and the requests that failed are counted.

    python -m tests.faults.router --seconds 60 --rate 10
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from deploy.bench.machine import machine
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process
from tests.faults.router_sites import Site, real, scripted
from tests.support.serving import free_port
from tests.support.tools import ROOT
from tests.support.waiting import until

REQUIREMENTS = ROOT / "deploy" / "kubernetes" / "router" / "requirements.txt"
# As deploy/kubernetes/base/router.yaml has them, looking more often.
OPTIONS = (
    "--policy=power_of_two", "--health-check-interval-secs=1", "--health-failure-threshold=2",
    "--health-success-threshold=1", "--request-timeout-secs=120",
)  # fmt: skip


def environment(folder: Path) -> Path:
    """The program ``vllm-router`` in an environment of its own, made once."""
    program, marker = folder / "bin" / "vllm-router", folder / "finished"
    if not marker.exists() or marker.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--require-hashes"]
        subprocess.run([*map(str, pip), "-r", str(REQUIREMENTS)], check=True)
        marker.write_text(REQUIREMENTS.read_text())
    return program


@contextmanager
def router(program: Path, engines: list[str], log: Path) -> Iterator[str]:
    """Up, in front of these engines; yields its address."""
    port, metrics = free_port(), free_port()
    command = [program, "--host=127.0.0.1", f"--port={port}", f"--prometheus-port={metrics}"]
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        words = [*map(str, command), *OPTIONS, "--worker-urls", *engines]
        process = subprocess.Popen(words, stdout=output, stderr=output)
    try:
        until(lambda: _answers(f"{url}/health"), within_s=180)
        yield url
    finally:
        process.kill()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=5, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


@dataclass
class Run:
    """Requests by what came of them at last, and how many were asked a second time."""

    results: Counter[str] = field(default_factory=Counter)
    again: int = 0
    longest_s: float = 0.0


class Callers:
    """Ask the gateways in turn. A broken connection or a 5xx is asked once more, of the other, as
    a balancer in front does."""

    def __init__(self, gateways: list[GatewayProcess], body: Mapping[str, str]) -> None:
        self._gateways, self._body = gateways, body
        self.run = Run()
        self._client = httpx2.Client(timeout=60, trust_env=False)

    def ask(self, number: int) -> None:
        """One request, and what came of it."""
        started = time.monotonic()
        result = self._once(number)
        if result != "200":
            self.run.again += 1
            result = self._once(number + 1)
        self.run.results[result] += 1
        self.run.longest_s = max(self.run.longest_s, time.monotonic() - started)

    def _once(self, number: int) -> str:
        gateway = self._gateways[number % len(self._gateways)]
        try:
            answer = self._client.post(f"{gateway.url}/extract", json=self._body)
        except httpx2.HTTPError as exc:
            return type(exc).__name__
        if answer.is_success and not answer.json()["entities"]:
            return "200 without its entity"
        return str(answer.status_code)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def under_load(callers: Callers, seconds: float, rate: float, then: Callable[[], None]) -> Run:
    """``rate`` requests a second; after a third of the time something happens."""
    event = threading.Timer(seconds / 3, then)
    event.start()
    started = time.monotonic()
    with ThreadPoolExecutor(32) as pool:
        for number in range(round(seconds * rate)):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            pool.submit(callers.ask, number)
    event.join()
    callers.close()
    return callers.run


Trials = list[tuple[str, Callable[[], None], Callable[[], None]]]


def main() -> None:
    """A table; ends with status 1 where a request failed at last."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.router", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each row")
    parser.add_argument("--rate", type=float, default=10, help="requests a second")
    parser.add_argument("--real", action="store_true", help="two vLLM engines, the tiny model")
    given = parser.parse_args()
    program = environment(ROOT / ".nerve" / "router-env")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        site = (real if given.real else scripted)(folder, stack)
        urls = [one.url for one in site.engines]
        url = stack.enter_context(router(program, urls, folder / "router.log"))
        settings = {"store": site.store, "base_model": site.base, "deadline_s": 30}
        gateways = [
            stack.enter_context(gateway_process(site.adapters, url, folder, **settings))
            for _ in range(2)
        ]
        runs = _tried(site, gateways, given.seconds, given.rate)
    _tell(runs)
    sys.exit(any(set(run.results) != {"200"} for _, run in runs))


def _tried(
    site: Site, gateways: list[GatewayProcess], seconds: float, rate: float
) -> list[tuple[str, Run]]:
    first, second = site.engines
    trials: Trials = [
        ("nothing", lambda: None, lambda: None),
        ("an engine is killed", first.kill, first.start),
        ("an engine is frozen", second.freeze, second.thaw),
        ("a gateway is killed", gateways[0].kill, gateways[0].begin_again),
    ]
    runs = []
    for what, then, mend in trials:
        callers = Callers(gateways, {"text": site.text, "model": site.model})
        runs.append((what, under_load(callers, seconds, rate, then)))
        mend()
        for gateway in gateways:
            gateway.wait_until_ready()
    return runs


def _tell(runs: list[tuple[str, Run]]) -> None:
    print(json.dumps(machine(), ensure_ascii=False))
    print("| what happens | requests | asked again | failed at last | longest, s |")
    print("|---|---|---|---|---|")
    for what, run in runs:
        failed = {result: count for result, count in run.results.items() if result != "200"}
        told = " ".join(map(str, (sum(failed.values()), *([failed] if failed else []))))
        cells = (what, run.results.total(), run.again, told, f"{run.longest_s:.1f}")
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
