"""A gateway and a scripted engine, each in a process of its own, and what the gateway uses."""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.types import Receive, Scope, Send

from service.app import create_app
from tests.conftest import ADAPTER, BASE, ENGINE_NAME, MANIFEST, gateway_settings
from tests.support.fake_engine import FakeEngine, finds, text_of
from tests.support.serving import free_port
from tests.support.streaming import Words
from tests.support.waiting import until

NAME = "叶老桂"
# 90 bytes of UTF-8, one entity.
SENTENCE = f"浙商银行企业信贷部{NAME}博士则从另一个角度进行了解读。"


@dataclass(frozen=True)
class Stand:
    """The gateway's address, a client for it, and its use of the machine."""

    url: str
    client: httpx2.Client

    def metric(self, series: str) -> float:
        """The value of one series."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(series + " "):
                return float(line.rsplit(" ", 1)[1])
        raise LookupError(series)

    def cpu_s(self) -> float:
        """Processor time of the gateway until now, in seconds."""
        return self.metric("process_cpu_seconds_total")

    def resident_mib(self) -> float:
        """Resident memory of the gateway now, in MiB."""
        return self.metric("process_resident_memory_bytes") / 2**20


@contextmanager
def stand() -> Iterator[Stand]:
    """Both up; yields when the gateway is ready."""
    ports = free_port(), free_port()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ADAPTER).mkdir()
        (Path(folder) / ADAPTER / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
        (Path(folder) / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
        processes = [
            spawn.Process(target=_engine, args=(ports[0],), daemon=True),
            spawn.Process(target=_gateway, args=(*ports, folder), daemon=True),
        ]
        for process in processes:
            process.start()
        try:
            url = f"http://127.0.0.1:{ports[1]}"
            with httpx2.Client(base_url=url, timeout=600, trust_env=False) as client:
                until(lambda: _is_ready(client), within_s=60)
                time.sleep(1)  # the memory of the start settles
                yield Stand(url, client)
        finally:
            for process in processes:
                process.terminate()
                process.join()


def _is_ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/ready").status_code == 200
    except httpx2.TransportError:
        return False


async def says_the_name(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: the one entity, streamed where that is asked for."""
    if not body.get("stream"):
        await finds(NAME)(body, receive, send)
    else:
        found = f"姓名：{NAME}" if NAME in text_of(body) else "无"
        await Words((found,), cut=4000)(body, receive, send)


def _engine(port: int) -> None:
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = says_the_name

    async def forgetful(scope: Scope, receive: Receive, send: Send) -> None:
        await engine(scope, receive, send)
        engine.asked.clear()
        engine.seen.clear()

    uvicorn.run(forgetful, port=port, log_level="error")


def _gateway(engine_port: int, port: int, folder: str) -> None:
    url = f"http://127.0.0.1:{engine_port}"
    settings = gateway_settings(Path(folder), engine_url=url, deadline_s=600, probe_interval_s=2)
    uvicorn.run(create_app(settings), port=port, log_level="error", access_log=False)
