"""Every check, in the order in which things depend on each other."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from deploy.doctor import files, machine, running
from deploy.doctor.finding import Finding, well, wrong
from deploy.doctor.flags import flags
from deploy.up.install import base_model
from deploy.up.named_files import unusable
from service.models.manifest import Adapter, ManifestError
from service.models.registry import Registry
from service.settings import Settings, SettingsError


def examine(
    read: Callable[[], Settings], home: Path, url: str, given: Sequence[str]
) -> Iterator[Finding]:
    """Look at everything; ``read`` gives the settings or raises SettingsError, ``url`` is the
    gateway's, ``given`` are flags meant for vLLM.

    Whatever is broken or down is a finding; what does not depend on it is still looked at.
    """
    # The gateway's log lines, which its look at the engine writes, would say things twice.
    logging.getLogger("nerve").addHandler(logging.NullHandler())
    try:
        settings = read()
    except SettingsError as exc:
        yield wrong("settings", f"{exc}; the table is in service/README.md")
        yield asyncio.run(running.gateway(url))
        return
    problems = [wrong("settings", said) for said in unusable(settings)]
    yield from problems or [well("settings", "can be used")]
    settings = _with_base(settings)
    base = settings.base_model
    finding, device = machine.device(settings)
    yield finding
    served: list[Adapter] = []
    for one in files.adapters(settings.adapters, base):
        if isinstance(one, Adapter):
            served.append(one)
        else:
            yield one
    finding, registry = files.default(settings, base, served)
    yield finding
    yield files.tokenizer(settings, home, base)
    yield from flags(given, base, served, device, settings.max_model_len)
    yield from asyncio.run(_asked(settings, registry, url))


def _with_base(settings: Settings) -> Settings:
    """With the base model that would be served."""
    try:
        return settings.model_copy(update={"base_model": base_model(settings)})
    except ManifestError:
        return settings  # the manifest at fault is a finding of its own


async def _asked(settings: Settings, registry: Registry | None, url: str) -> list[Finding]:
    found = [one async for one in running.engine(settings, registry)]
    return [*found, await running.gateway(url)]
