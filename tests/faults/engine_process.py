"""The scripted engine as a process of its own: it can be killed, frozen, and told to misbehave."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.support.adapter_folders import BASE
from tests.support.fake_engine import (
    FakeEngine,
    Script,
    answer,
    babbles,
    completes,
    cuts,
    fails,
    finds,
    streams,
)
from tests.support.openai_script import DONE, event
from tests.support.resolving_engine import ResolvingEngine
from tests.support.serving import free_port
from tests.support.tools import ROOT
from tests.support.waiting import until

NAME = "叶老桂"
_DEAD = {"error": {"message": "EngineCore encountered an issue. See stack trace for the cause."}}
_FAULTS: Mapping[str, Script] = {
    "garbage": babbles(b"\x00\xff<html>not a completion</html>"),
    "half answers": cuts(b'{"choices": [{"message": {"content": "'),
    "status 500": fails(500, {"error": {"message": "boom"}}),
    "its core is dead": fails(500, _DEAD),
    "cut completions": completes(f"姓名：{NAME}\n姓", finish_reason="length"),
}


class EngineProcess:
    """An engine on a port of its own, which stays the same when it is started again."""

    def __init__(self, store: Path, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._store, self._log = store, log
        self.start()

    def start(self) -> None:
        """Return when it answers."""
        command = [sys.executable, "-m", "tests.faults.engine_process", str(self.port)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self._log.open("ab") as log:
            words = [*command, str(self._store)]
            self._process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            until(self._answers, within_s=180)
        except AssertionError:
            self.kill()
            raise

    def _answers(self) -> bool:
        with suppress(httpx2.HTTPError):
            return httpx2.get(f"{self.url}/v1/models", timeout=5, trust_env=False).is_success
        return False

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait(10)

    def freeze(self) -> None:
        """SIGSTOP: its connections stay, and nothing comes."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def misbehave(self, fault: str | None) -> None:
        """Answer completions so from now on; None: as it should."""
        httpx2.post(f"{self.url}/fault/{fault or ''}", timeout=30, trust_env=False)


def _well(engine: FakeEngine) -> Script:
    streamed = streams(event("叶"), event("老"), DONE, pause_s=0.02)

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        # As a model that takes its time.
        await asyncio.sleep(0.02)
        await (streamed if body.get("stream") else finds(NAME))(body, receive, send)

    return script


def main() -> None:
    """Serve until killed."""
    port, store = int(sys.argv[1]), Path(sys.argv[2])
    engine = ResolvingEngine(BASE, store)
    well = engine.script = _well(engine)

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/fault/"):
            engine.script = _FAULTS.get(scope["path"].removeprefix("/fault/"), well)
            await answer(send, {})
            return
        await engine(scope, receive, send)
        engine.asked.clear()
        engine.seen.clear()

    uvicorn.run(told, port=port, log_level="critical")


if __name__ == "__main__":
    main()
