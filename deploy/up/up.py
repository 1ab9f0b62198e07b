"""``nerve up``: from nothing to an answer, and then on watch until Ctrl-C."""

import asyncio
import fcntl
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from deploy import GATEWAY_URL
from deploy.client import AskFailed, ask
from deploy.credentials import api_key
from deploy.terminal.called import called
from deploy.terminal.show import Phases, show_answer, try_to_tell
from deploy.up.addresses import check_ports
from deploy.up.install import (
    ROOT,
    EngineFlags,
    Installed,
    Places,
    base_model,
    install,
    with_engine_key,
)
from deploy.up.named_files import unusable
from deploy.up.supervised import Part, Supervised, UpFailed
from service.models import registry
from service.settings import Settings, SettingsError

SAMPLE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
ANOTHER = "叶老桂在招商银行工作。"

# Gigabytes of weights are read and, on a GPU, kernels compiled; containers have as long.
ENGINE_START_S = 1200.0
# The launcher gives vLLM 30 s for requests in flight.
ENGINE_STOP_S = 45.0
# The gateway is ready once the engine has answered its first grounded request.
GATEWAY_START_S = 300.0


def up(settings: Settings, places: Places, console: Console, flags: EngineFlags) -> None:
    """Bring the service up and keep it up until Ctrl-C.

    Raises UpFailed, SettingsError, ManifestError, RegistryError, and what ``install`` raises.
    """
    settings = with_engine_key(settings)
    check_ports(settings)
    # What the gateway would refuse minutes later is refused now.
    for problem in unusable(settings):
        raise SettingsError(problem)
    base = base_model(settings)
    found = registry.load(settings.adapters, base, settings.default_model)
    phases = Phases(console)
    if found.default == base:
        phases.warn(registry.untuned(base))
    with _only_one(places.home):
        installed = install(settings, places, phases, flags.weights)
        try:
            asyncio.run(_run(settings, installed, places.home, phases, flags))
        except asyncio.CancelledError as exc:
            raise KeyboardInterrupt from exc


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """An engine listens only after half a minute, so a free port does not mean that none starts."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise UpFailed(f"another `nerve up` runs with {home}; --home names another") from exc
        yield


async def _run(
    settings: Settings, installed: Installed, home: Path, phases: Phases, flags: EngineFlags
) -> None:
    _on_signals(_current_task().cancel)
    url = _gateway_url(settings)
    parts = (
        Supervised(_engine(settings, installed, home, flags)),
        Supervised(_gateway(settings, installed, home, url)),
    )
    keepers: list[asyncio.Task[None]] = []
    try:
        for part in parts:
            with phases.phase(part.name) as tell:
                await part.start(tell)
            keepers.append(asyncio.create_task(part.keep(phases.warn)))
        await first_answer(phases, settings, url)
        show_addresses(phases.console, url)
        await asyncio.gather(*keepers)
    finally:
        # From here on another Ctrl-C changes nothing: what was started is ended.
        _on_signals(lambda: None)
        try_to_tell(phases.console.print, "stopping the gateway and the engine …")
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        # The gateway first: its requests in flight need the engine to finish.
        for part in reversed(parts):
            await part.stop()


async def first_answer(phases: Phases, settings: Settings, url: str) -> None:
    """Show what the gateway at ``url`` finds in a sentence; without an answer, say why: the service
    is up all the same."""
    if settings.api_keys_file and not api_key():
        phases.warn("no first answer: the gateway asks for an api key, and NERVE_API_KEY has none")
        return
    try:
        with phases.phase("first answer"):
            answer = await asyncio.to_thread(ask, url, SAMPLE, timeout_s=settings.deadline_s + 5)
    except AskFailed as exc:
        phases.warn(f"no first answer: {exc}")
        return
    show_answer(phases.console, SAMPLE, answer)


def _on_signals(act: Callable[[], object]) -> None:
    """SIGTERM and a closed terminal end the service as Ctrl-C does, even where a shell that
    started us in the background made us deaf to SIGINT. After ``nohup`` SIGHUP stays ignored."""
    by_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    for number in (signal.SIGINT, signal.SIGTERM, *(() if by_nohup else (signal.SIGHUP,))):
        asyncio.get_running_loop().add_signal_handler(number, act)


def _current_task() -> "asyncio.Task[object]":
    task = asyncio.current_task()
    assert task is not None, "called from a coroutine"
    return task


def _gateway_url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _engine(settings: Settings, installed: Installed, home: Path, flags: EngineFlags) -> Part:
    return Part(
        name="engine",
        command=installed.engine_command(settings, home, flags),
        env=installed.engine_env(settings),
        cwd=ROOT,  # where the engine's Python finds the launcher
        log=home / "logs" / "engine.log",
        ready_url=settings.engine_url.rstrip("/") + "/health",
        start_s=ENGINE_START_S,
        stop_s=ENGINE_STOP_S,
    )


def _gateway(settings: Settings, installed: Installed, home: Path, url: str) -> Part:
    return Part(
        name="gateway",
        command=[sys.executable, "-m", "deploy.commands.cli", "serve"],
        env=installed.gateway_env(settings, home),
        cwd=Path.cwd(),
        log=home / "logs" / "gateway.log",
        ready_url=f"{url}/ready",
        start_s=GATEWAY_START_S,
        stop_s=settings.drain_s + settings.shutdown_grace_s + 5,
    )


def show_addresses(console: Console, url: str) -> None:
    """Where the gateway at ``url`` has what, and what can be typed next."""
    for what, where in (
        ("playground", f"{url}/"),
        ("extract", f"{url}/extract"),
        ("API documents", f"{url}/docs"),
        ("metrics", f"{url}/metrics"),
        ("OpenAI API", f"{url}/v1"),
    ):
        console.print(Text.assemble(f"{what:<20}", (where, "bold")), soft_wrap=True)
    option = "" if url == GATEWAY_URL else f" --url {url}"
    for what, how in (
        ("another sentence", f'{called()} extract{option} "{ANOTHER}"'),
        ("stop", "Ctrl-C"),
    ):
        console.print(Text(f"{what:<20}{how}", "dim"), soft_wrap=True)
