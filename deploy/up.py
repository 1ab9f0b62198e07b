"""``nerve up``: from nothing to an answer, and then on watch until Ctrl-C."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from rich.console import Console
from rich.text import Text

from deploy.errors import UpFailed
from deploy.install import ROOT, Installed, Places, install
from deploy.kept import Kept, Part
from deploy.show import Phases, show_answer
from service.settings import Settings

SAMPLE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"

ENGINE_START_S = 600.0
# The gateway is ready once the engine has answered its first grounded request.
GATEWAY_START_S = 300.0


def up(settings: Settings, places: Places, console: Console, extra: Sequence[str]) -> None:
    """Bring the service up and keep it up until Ctrl-C; ``extra`` flags go to vLLM.

    Raises UpFailed, and what ``install`` raises.
    """
    check_ports(settings)
    phases = Phases(console)
    installed = install(settings, places, phases)
    try:
        asyncio.run(_run(settings, installed, places.home, phases, extra))
    except asyncio.CancelledError as exc:
        raise KeyboardInterrupt from exc


def check_ports(settings: Settings) -> None:
    """Raises UpFailed when the engine or the gateway could not listen where it is meant to."""
    engine = urlsplit(settings.engine_url)
    listeners = (
        ("the engine", "NERVE_ENGINE_URL", engine.hostname or "", engine.port or 80),
        ("the gateway", "NERVE_PORT", settings.host, settings.port),
    )
    for who, setting, host, port in listeners:
        try:
            socket.create_server((host, port)).close()
        except OSError as exc:
            reason = os.strerror(exc.errno or 0)
            raise UpFailed(
                f"port {port} on {host}, where {who} is to listen, cannot be had: {reason}. "
                f"Is Nerve up already? {setting} names another"
            ) from exc


async def _run(
    settings: Settings, installed: Installed, home: Path, phases: Phases, extra: Sequence[str]
) -> None:
    _end_on_signals()
    url = f"http://{settings.host}:{settings.port}"
    engine = Kept(_engine(settings, installed, home, extra))
    gateway = Kept(_gateway(installed, home, url))
    try:
        with phases.phase("engine") as tell:
            await engine.start(tell)
        with phases.phase("gateway") as tell:
            await gateway.start(tell)
        with phases.phase("first answer"):
            answer = await _sample(url, settings.deadline_s)
        show_answer(phases.console, SAMPLE, answer)
        _show_addresses(phases.console, url, settings)
        async with asyncio.TaskGroup() as keepers:
            for part in (engine, gateway):
                keepers.create_task(part.keep(phases.warn))
    finally:
        phases.console.print("stopping the gateway and the engine …")
        await gateway.stop()
        await engine.stop()


def _end_on_signals() -> None:
    """SIGTERM and a closed terminal end the service as Ctrl-C does, even where a shell that
    started us in the background made us deaf to SIGINT."""
    task = asyncio.current_task()
    assert task is not None, "called from a coroutine"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _engine(settings: Settings, installed: Installed, home: Path, extra: Sequence[str]) -> Part:
    return Part(
        name="engine",
        command=installed.engine_command(settings, home, extra),
        env=installed.engine_env(settings),
        cwd=ROOT,  # where the engine's Python finds the launcher
        log=home / "logs" / "engine.log",
        ready_url=settings.engine_url.rstrip("/") + "/health",
        start_s=ENGINE_START_S,
    )


def _gateway(installed: Installed, home: Path, url: str) -> Part:
    return Part(
        name="gateway",
        command=[sys.executable, "-m", "deploy.cli", "serve"],
        env=installed.gateway_env(),
        cwd=Path.cwd(),
        log=home / "logs" / "gateway.log",
        ready_url=f"{url}/ready",
        start_s=GATEWAY_START_S,
    )


async def _sample(url: str, deadline_s: float) -> dict[str, Any]:
    async with httpx2.AsyncClient(timeout=deadline_s + 5, trust_env=False) as client:
        response = await client.post(f"{url}/extract", json={"text": SAMPLE})
    if response.status_code != HTTPStatus.OK:
        raise UpFailed(f"the sample sentence got status {response.status_code}: {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def _show_addresses(console: Console, url: str, settings: Settings) -> None:
    for what, where in (
        ("extract", f"{url}/extract"),
        ("API documents", f"{url}/docs"),
        ("metrics", f"{url}/metrics"),
        ("engine (OpenAI API)", f"{settings.engine_url.rstrip('/')}/v1"),
    ):
        console.print(Text.assemble(f"{what:<20}", (where, "bold")))
    console.print(Text('another sentence: nerve extract "…"     stop: Ctrl-C', "dim"))
