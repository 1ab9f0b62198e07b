"""What faults happen to: an engine, the link to it and a gateway, each apart from the others."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.deploy.gateway.gateway_process import GatewayProcess
from tests.faults.engine_process import EngineProcess
from tests.faults.link import Link
from tests.support.adapter_folders import put_adapter

ADMIN_KEY = "faults-admin"
DEADLINE_S = 2.0
# Debian's package libfaketime; the time is read from a file, so that it can jump.
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


@dataclass(frozen=True)
class Stand:
    """The gateway asks the engine through the link."""

    gateway: GatewayProcess
    engine: EngineProcess
    link: Link
    adapters: Path
    clock: Path
    client: httpx2.Client

    def ask(self) -> tuple[int, dict[str, str]]:
        """POST /extract; the status, and of an error its envelope."""
        body = {"text": "浙商银行企业信贷部叶老桂博士"}
        response = self.client.post("/extract", json=body)
        return response.status_code, response.json().get("error", {})

    def metric(self, series: str) -> float:
        """The value of one series of /metrics."""
        text = httpx2.get(f"{self.gateway.url}/metrics", timeout=20, trust_env=False).text
        found = (line for line in text.splitlines() if line.startswith(series + " "))
        return float(next(found).rsplit(" ", 1)[1])

    def jump(self, shift: str) -> None:
        """Set the gateway's wall clock off by this: "+1d", "-1h"."""
        self.clock.write_text(shift)


class ClockedGateway(GatewayProcess):
    """Its wall clock is off by what a file says; the monotonic clock is not touched."""

    clock: Path

    def _begun(self) -> "subprocess.Popen[bytes]":
        if FAKETIME is not None:
            self._env |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return super()._begun()


@contextmanager
def stand(folder: Path, **settings: object) -> Iterator[Stand]:
    """All three up, and ready."""
    adapters, store, clock = folder / "adapters", folder / "store", folder / "clock"
    put_adapter(adapters, weights="姓名：叶老桂".encode())
    (adapters / "registry.toml").write_text('default = "clue"\n', encoding="utf-8")
    clock.write_text("+0")
    given = {"store": store, "admin_key": ADMIN_KEY, "deadline_s": DEADLINE_S, **settings}
    engine = EngineProcess(store, folder / "engine.log")
    link = Link(engine.port)
    with ExitStack() as stack:
        stack.callback(engine.kill)
        url = stack.enter_context(link.serving())
        gateway_class = type("Gateway", (ClockedGateway,), {"clock": clock})
        gateway = gateway_class(adapters, url, folder / "gateway.log", **given)
        stack.callback(gateway.kill)
        gateway.wait_until_ready()
        client = httpx2.Client(base_url=gateway.url, timeout=60, trust_env=False)
        yield Stand(gateway, engine, link, adapters, clock, stack.enter_context(client))


def has_room_for(pid: int, most: int | None) -> None:
    """Let no file of a process grow over ``most`` bytes, as a full disk would; None: any."""
    limit = resource.RLIM_INFINITY if most is None else most
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))


def environment() -> dict[str, str]:
    """This process' own, without settings of Nerve."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NERVE_")}
