"""What is fuzzed: a gateway in a process of its own, and what it looks like afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.deploy.gateway.gateway_process import GatewayProcess, live_gateway
from tests.support.adapter_folders import BASE, put_adapter
from tests.support.resolving_engine import ResolvingEngine
from tests.support.serving import serving
from tests.support.waiting import until

ADMIN_KEY = "fuzz-admin"
# The scripted engine answers with the weights.
WEIGHTS = "姓名：叶老桂"


# Connections to the engine that the gateway's own looks at it keep alive: it takes the one that has
# waited longest, and closes those that nobody took for 4 s.
KEPT = 8


@dataclass(frozen=True)
class Target:
    """The gateway, and how many files it had open before anybody asked."""

    gateway: GatewayProcess
    files: int

    def rests(self) -> bool:
        """Nothing in flight, and no more files open than at the start but ``KEPT``."""
        text = httpx2.get(f"{self.gateway.url}/metrics", timeout=20, trust_env=False).text
        return "nerve_requests_in_flight 0.0\n" in text and open_files(self.gateway) <= (
            self.files + KEPT
        )

    def faults(self) -> list[str]:
        """What is wrong with it after the fuzzing; empty when nothing is."""
        found = []
        if self.gateway.process.poll() is not None:
            return [f"the gateway ended with status {self.gateway.process.returncode}"]
        try:
            until(self.rests, within_s=20)
        except AssertionError:
            found.append(f"{open_files(self.gateway)} open files, {self.files} before")
        if "Traceback" in self.gateway.said():
            found.append(f"a traceback in the log: {self.gateway.said()[-2000:]}")
        return found


def open_files(gateway: GatewayProcess) -> int:
    """Files and connections of the process now."""
    return len(list(Path(f"/proc/{gateway.process.pid}/fd").iterdir()))


@contextmanager
def target(folder: Path, engine_url: str | None = None, **settings: object) -> Iterator[Target]:
    """A gateway that is ready, in front of a scripted engine; one elsewhere need not be."""
    adapters, store = folder / "adapters", folder / "store"
    put_adapter(adapters, weights=WEIGHTS.encode())
    (adapters / "registry.toml").write_text('default = "clue"\n', encoding="utf-8")
    given = {"store": store, "admin_key": ADMIN_KEY, "receive_s": 5, "deadline_s": 60, **settings}
    given = {"probe_interval_s": 2, **given}
    with ExitStack() as stack:
        url = engine_url or stack.enter_context(serving(ResolvingEngine(BASE, store)))
        gateway = stack.enter_context(live_gateway(adapters, url, folder, **given))
        if engine_url is None:
            gateway.wait_until_ready()
        yield Target(gateway, open_files(gateway))
