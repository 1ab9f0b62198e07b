"""The registry that follows its files and the admin's wishes; it changes in one assignment.

What cannot be used leaves what is served as it was, and is named in ``problems``. Requests in
flight keep the model that they resolved, under its own engine name, whatever happens here.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.errors import InternalError, InvalidRequest, ModelNotFound
from service.models import folder, names
from service.models.admission import AdapterRefused
from service.models.folder import Fingerprint, Found
from service.models.loading import AdapterLoader
from service.models.manifest import FILE_NAME, Adapter, ManifestError, is_name, load
from service.models.metrics import AdapterMetrics
from service.models.registry import AskedLabels, Registry, RegistryError, Served, of_base
from service.settings import Settings

logger = logging.getLogger("nerve")


class LiveRegistry:
    """Has the members of ``registry.Models``. ``found`` is what the folder held when it was last
    followed; ``problems``: the file or adapter, and why it cannot be used.

    Raises ManifestError and RegistryError when it cannot begin.
    """

    def __init__(self, settings: Settings, loader: AdapterLoader, metrics: AdapterMetrics) -> None:
        self._settings, self._loader, self._metrics = settings, loader, metrics
        self._changing = asyncio.Lock()
        self._seen: Fingerprint | None = None
        self._unfinished = False
        self.problems: Mapping[str, str] = {}
        self.found = folder.read(settings.adapters)
        self._tell(self.found.problems)
        self._now = self._registry(self.found, self.found.adapters)
        metrics.show(self.models.values())

    @property
    def models(self) -> Mapping[str, Served]:
        """The models that are served, by public name."""
        return self._now.models

    @property
    def default(self) -> str:
        """The name of the model that answers requests which name none."""
        return self._now.default

    @property
    def aliases(self) -> Mapping[str, str]:
        """Other names, and the models that they stand for."""
        return self._now.aliases

    @property
    def open(self) -> str | None:
        """The adapter that takes the labels which the default does not."""
        return self._now.open

    def resolve(self, name: str | None, labels: AskedLabels | None = None) -> Served:
        """As a Registry's; raises ModelNotFound."""
        return self._now.resolve(name, labels)

    async def watch(self) -> None:
        """Look at the files for ever; cancelled at shutdown."""
        while True:
            try:
                await self.look()
            except Exception:
                logger.exception("the adapters folder cannot be followed")
            await asyncio.sleep(self._settings.probe_interval_s)

    async def look(self) -> None:
        """Follow the files if they have changed, or if the last look is unfinished: a file could
        not be read, or the engine was missing."""
        seen = await asyncio.to_thread(folder.fingerprint, self._settings.adapters)
        if seen != self._seen or self._unfinished:
            async with self._changing:
                await self._follow()
            self._seen = seen

    async def load(self, name: str) -> Served:
        """Load or replace an adapter of the folder. Raises InvalidRequest, ModelNotFound, and
        what the engine says; then what is served is as it was.
        """
        async with self._changing:
            adapter = await asyncio.to_thread(self._manifest, name)
            try:
                await self._loader(adapter)
            except (AdapterRefused, FileNotFoundError) as exc:
                raise InvalidRequest(str(exc), param="name") from exc
            except OSError as exc:  # a full disk, say, which is not the caller's fault
                raise InternalError(f"{name} cannot be stored: {exc.strerror}") from exc
            await self._disable(name, False)
            await self._follow(adapter)
            served = self.models.get(name)
            if served is None or served.engine_name != adapter.engine_name:
                raise InvalidRequest(f"{name} is not served: {self._why(name)}", param="name")
            return served

    async def remove(self, name: str) -> None:
        """Serve an adapter no longer: here, elsewhere and after a restart.

        Raises ModelNotFound, and InvalidRequest for the default and for what an alias stands for.
        """
        async with self._changing:
            await self._follow()  # the default may have moved since the last look
            served = self.models.get(name)
            if served is None or served.adapter is None:
                raise _unknown(name, (n for n, one in self.models.items() if one.adapter))
            pointing = [alias for alias, target in self.aliases.items() if target == name]
            if name == self.default or pointing:
                what = f"the alias {pointing[0]} stands for it" if pointing else "it is the default"
                raise InvalidRequest(f"{name} cannot be removed: {what}", param="name")
            await self._disable(name, True)
            await self._follow()
            if name in self.models:
                raise InvalidRequest(f"{name} is still served: {self._why(name)}", param="name")

    def _manifest(self, name: str) -> Adapter:
        """Raises ModelNotFound for what is no folder of the folder, InvalidRequest."""
        adapters, base = self._settings.adapters, self._settings.base_model
        if not is_name(name) or not (adapters / name / FILE_NAME).is_file():
            there = sorted(path.parent.name for path in adapters.glob(f"*/{FILE_NAME}"))
            raise _unknown(name, there)
        try:
            adapter = load(adapters / name)
        except ManifestError as exc:
            raise InvalidRequest(str(exc), param="name") from exc
        if adapter.base != base:
            raise InvalidRequest(f"{name} is for {adapter.base}; expected {base}", param="name")
        return adapter

    async def _disable(self, name: str, disabled: bool) -> None:
        """Write it, if what is written can be served. Raises InvalidRequest, InternalError."""
        try:
            found = await asyncio.to_thread(folder.read, self._settings.adapters)
            off = found.names.disabled - {name} | ({name} if disabled else set())
            wanted = replace(found, names=replace(found.names, disabled=off))
            self._registry(wanted, found.adapters)
        except (ManifestError, RegistryError) as exc:
            what = "still" if disabled else "not"
            raise InvalidRequest(f"{name} is {what} served: {exc}", param="name") from exc
        try:
            await asyncio.to_thread(names.set_disabled, self._settings.adapters, name, disabled)
        except ManifestError as exc:
            raise InvalidRequest(str(exc), param="name") from exc
        except OSError as exc:
            raise InternalError(f"{names.FILE_NAME} cannot be written: {exc.strerror}") from exc

    async def _follow(self, ready: Adapter | None = None) -> None:
        """Serve what the files say, as far as it can be used; ``ready`` has been prepared."""
        before = {name: one.adapter for name, one in self.models.items() if one.adapter}
        problems = dict(self.problems)
        try:
            found = await asyncio.to_thread(folder.read, self._settings.adapters)
            if self.found.has_names and not found.has_names:
                # An empty mount looks like this; it is no wish to serve nothing.
                raise ManifestError(f"{names.FILE_NAME} has gone; put it back")
            known = before | ({ready.name: ready} if ready else {})
            usable = await self._loader.usable(found, known)
            self._unfinished = usable.unfinished or found.unread
            problems = {**found.problems, **usable.problems}
            self._switch(found, self._registry(found, usable.adapters))
        except (ManifestError, RegistryError, OSError) as exc:
            self._unfinished = self._unfinished or isinstance(exc, OSError)
            problems[names.FILE_NAME] = str(exc)
        self._tell(problems)

    def _registry(self, found: Found, adapters: Mapping[str, Adapter]) -> Registry:
        base = self._settings.base_model
        named = of_base(base, found.adapters.values(), found.names)
        if named != found.names:
            logger.info("%s names adapters of other bases than %s: left out", names.FILE_NAME, base)
        enabled = [one for n, one in adapters.items() if n not in named.disabled]
        default = self._settings.default_model or named.default
        return Registry.of(base, enabled, default, named.aliases, named.open)

    def _switch(self, found: Found, registry: Registry) -> None:
        changed = registry != self._now
        self.found, self._now = found, registry
        if changed:
            self._metrics.show(self.models.values())
            logger.info("serving: %s; default: %s", ", ".join(self.models), self.default)

    def _tell(self, problems: Mapping[str, str]) -> None:
        """Show the problems; each is logged once."""
        for where, problem in problems.items():
            if self.problems.get(where) != problem:
                logger.warning("cannot be used, what was served stays: %s: %s", where, problem)
        self.problems = dict(problems)
        self._metrics.problems.set(len(problems))

    def _why(self, name: str) -> str:
        told = self.problems.get(name) or self.problems.get(names.FILE_NAME)
        return told or "its manifest has just changed"


def _unknown(name: str, there: Iterable[str]) -> ModelNotFound:
    return ModelNotFound(
        f"name has {name[:80]!r}; expected one of {', '.join(there) or 'none'}",
        param="name",
        code="adapter_not_found",
    )
