"""What stands behind the router: two engines, scripted or real, and the adapter that they serve."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.engine import environment
from tests.engine.real_engine import BASE as TINY
from tests.engine.real_engine import home, new_engine, tiny_model
from tests.faults.engine_process import EngineProcess
from tests.support.adapter_folders import BASE, put_adapter


class Killable(Protocol):
    """An engine on an address that stays the same."""

    @property
    def url(self) -> str:
        """Its address."""

    def start(self) -> None:
        """Return when it answers."""

    def kill(self) -> None:
        """SIGKILL."""

    def freeze(self) -> None:
        """SIGSTOP."""

    def thaw(self) -> None:
        """SIGCONT."""


@dataclass(frozen=True, slots=True)
class Site:
    """Engines that run, what gateways have to know of them, and a text with an entity."""

    engines: Sequence[Killable]
    base: str
    adapters: Path
    store: Path
    model: str
    text: str


def scripted(folder: Path, stack: ExitStack) -> Site:
    """Two processes of the scripted engine: they answer within 20 ms, so the load can be high."""
    adapters, store = folder / "adapters", folder / "store"
    put_adapter(adapters)
    (adapters / "registry.toml").write_text('default = "clue"\n', encoding="utf-8")
    engines = [EngineProcess(store, folder / f"engine-{number}.log") for number in range(2)]
    for engine in engines:
        stack.callback(engine.kill)
    return Site(engines, BASE, adapters, store, "clue", "浙商银行企业信贷部叶老桂博士")


def real(folder: Path, stack: ExitStack) -> Site:
    """Two vLLM engines with the tiny model, whose adapter says its letter on and on."""
    python = environment.ensure(home())
    tiny = tiny_model(python)
    engines = []
    for number in range(2):
        place = folder / f"engine-{number}"
        place.mkdir()
        engine = new_engine(python, tiny, place)
        engine.store = folder / "store"
        stack.callback(engine.kill)
        engine.start()
        engines.append(engine)
    store = folder / "store"
    return Site(engines, TINY, tiny / "adapters", store, "tiny-d", "D叶老桂DDD，D说。")
