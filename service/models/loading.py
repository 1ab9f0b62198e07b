"""Before the registry names an adapter, the engine has to answer under its engine name."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.engine.client import Engine
from service.engine.completion import CompletionRequest
from service.errors import NerveError
from service.models import store
from service.models.admission import AdapterRefused
from service.models.folder import Found
from service.models.manifest import Adapter
from service.settings import Settings

# Codes of engine errors: it found no such folder; it found one that it cannot use.
_NOT_LOADED, _NOT_LOADABLE = "model_not_loaded", "engine_400"


@dataclass(frozen=True, slots=True)
class Usable:
    """``problems`` by adapter; ``unfinished``: the engine could not be asked, try again later."""

    adapters: Mapping[str, Adapter]
    problems: Mapping[str, str]
    unfinished: bool


@dataclass(frozen=True, slots=True)
class AdapterLoader:
    """Checks adapters, copies them to the store, and has the engine answer once with each."""

    settings: Settings
    engine: Engine

    async def __call__(self, adapter: Adapter) -> None:
        """Make one ready; a copy that is in the store already is looked into, and mended.

        Raises AdapterRefused, NerveError, OSError.
        """
        if adapter.weights.exists():
            await self._copy(adapter)
        await self._load(adapter)

    async def usable(self, found: Found, before: Mapping[str, Adapter]) -> Usable:
        """Each adapter as its manifest says or, where that cannot be used, as ``before``.

        Those of ``before`` have been prepared: only new weights are.
        """
        # A manifest that is there and cannot be read is no wish to remove its adapter.
        adapters = {name: one for name, one in before.items() if name in found.problems}
        problems, unfinished = {}, False
        for name, adapter in found.adapters.items():
            if adapter.base != self.settings.base_model or name in found.names.disabled:
                continue
            old = before.get(name)
            is_known = old is not None and old.engine_name == adapter.engine_name
            try:
                await (self._store(adapter) if is_known else self(adapter))
                old = adapter
            except AdapterRefused as exc:
                problems[name] = str(exc)
                if is_known:  # and not in the store, so that no engine could answer with it
                    continue
            except OSError as exc:  # a full disk may have room later
                problems[name], unfinished = str(exc), True
            except NerveError as exc:
                problems[name], unfinished = exc.message, True
            if is_known:
                adapters[name] = adapter
            elif old is not None:
                adapters[name] = old
        return Usable(adapters, problems, unfinished)

    async def _store(self, adapter: Adapter) -> None:
        if await asyncio.to_thread(_needs_no_copy, self.settings.store, adapter):
            return
        await self._copy(adapter)

    async def _copy(self, adapter: Adapter) -> None:
        model = await self.engine.path_of(self.settings.base_model)
        await asyncio.to_thread(store.put, self.settings.store, adapter, model)

    async def _load(self, adapter: Adapter) -> None:
        """Have the engine load it now, so that a bad one is found and a good one is warm."""
        request = CompletionRequest(
            model=adapter.engine_name,
            messages=[{"role": "user", "content": "甲"}],
            grammar=None,
            max_tokens=1,
        )
        try:
            await self.engine.complete(request, self.engine.deadline())
        except NerveError as exc:
            if exc.code == _NOT_LOADABLE:
                raise AdapterRefused(
                    f"The engine cannot load {adapter.engine_name}, of rank {adapter.rank}; its "
                    "log says why (a rank above its --max-lora-rank, for one)."
                ) from exc
            if exc.code == _NOT_LOADED:
                hint = _hint(self.settings.store, adapter)
                exc.message = f"the engine does not find {adapter.engine_name}; {hint}"
            raise


def _needs_no_copy(folder: Path, adapter: Adapter) -> bool:
    # Without the weights this machine has no part in the store: the engine knows what it has.
    return store.has(folder, adapter) or not adapter.weights.exists()


def _hint(folder: Path, adapter: Adapter) -> str:
    if not adapter.weights.exists():
        return f"expected {adapter.weights}, or the weights in the engine's store"
    return f"expected its store to be this gateway's, {folder.absolute()}"
