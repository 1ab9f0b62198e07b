"""What can be seen without a network: adapters, the default, the base model's tokenizer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from deploy.doctor.finding import Finding, note, well, wrong
from deploy.engine.admission import lora_rank
from deploy.pull.catalogue import read_catalogue
from deploy.pull.errors import CatalogueError
from deploy.pull.store import find
from service.models import folder as folders
from service.models import names
from service.models.admission import CONFIG_FILE, AdapterRefused, check
from service.models.manifest import FILE_NAME, Adapter, ManifestError, load
from service.models.registry import Registry, RegistryError, of_base, untuned
from service.settings import Settings

# The rank of the launcher's own --max-lora-rank; it raises that where an adapter needs more.
USUAL_RANK = 64


def adapters(folder: Path, base: str) -> Iterator[Finding | Adapter]:
    """A finding for each folder of ``folder`` that is or might be an adapter; and each adapter
    that can be served on ``base``, as it is.
    """
    if not folder.is_dir():
        yield note("adapters", f"there is no folder {folder}; NERVE_ADAPTERS names another")
        return
    for one in sorted(path for path in folder.iterdir() if path.is_dir()):
        subject = f"adapter {one.name}"
        if (one / FILE_NAME).is_file():
            yield from _adapter(subject, one, base)
        elif (one / CONFIG_FILE).is_file() or (one / "recipe.toml").is_file():
            yield note(
                subject, f"has no {FILE_NAME}, so it is not served; `nerve adapter register` it"
            )


def _adapter(subject: str, folder: Path, base: str) -> Iterator[Finding | Adapter]:
    try:
        adapter = load(folder)
        rank = check(adapter)
        needed = lora_rank(USUAL_RANK, rank, lambda _: None)
    except (ManifestError, AdapterRefused, OSError) as exc:
        yield wrong(subject, str(exc))
        return
    if adapter.base != base:
        yield note(
            subject,
            f"is for the base {adapter.base}, so it is left out: the engine's base is {base} "
            "(NERVE_BASE_MODEL names another)",
        )
        return
    if rank > USUAL_RANK:
        yield note(
            subject,
            f"has rank {rank}: `nerve engine` raises --max-lora-rank to {needed} for it, which "
            f"costs memory and time for every adapter; an engine started otherwise needs "
            f"--max-lora-rank {needed}, or train with rank {USUAL_RANK}",
        )
    else:
        yield well(
            subject,
            f"weights as registered, rank {rank}, format {adapter.format}, labels: "
            f"{len(adapter.labels)}, in the engine {adapter.engine_name}",
        )
    yield replace(adapter, rank=rank)  # the highest of its matrices'


def default(
    settings: Settings, base: str, served: Sequence[Adapter]
) -> tuple[Finding, Registry | None]:
    """Which model answers requests that name none; and the registry, if there can be one."""
    try:
        found = folders.read(settings.adapters)
        named = of_base(base, found.adapters.values(), found.names)
        enabled = [one for one in served if one.name not in named.disabled]
        wanted = settings.default_model or named.default
        registry = Registry.of(base, enabled, wanted, named.aliases, named.open)
    except (ManifestError, RegistryError) as exc:
        return wrong("default", f"{exc}; mend {names.FILE_NAME}, or NERVE_DEFAULT_MODEL"), None
    off = f"; disabled: {', '.join(sorted(named.disabled))}" if named.disabled else ""
    if registry.default == base:
        return note("default", f"{untuned(base)}{off}"), registry
    told = f"{registry.default} answers requests that name no model{off}"
    if registry.open and not registry.models[registry.default].is_open:
        told += f"; {registry.open} those with labels that it does not know"
    if named != found.names:
        told += f"; what {names.FILE_NAME} says of adapters for other bases is left out"
        return note("default", told), registry
    return well("default", told), registry


def tokenizer(settings: Settings, home: Path, base: str) -> Finding:
    """Are the added tokens that texts are guarded against those of the pulled base model?"""
    subject = f"base model {base}"
    try:
        model = read_catalogue().model(base)
    except CatalogueError as exc:
        return note(subject, f"{exc}; so its added tokens are not known here")
    pulled = find(model, home.absolute() / "models")
    if pulled is None:
        return note(
            subject,
            f"is not under {home}; `nerve pull {base}` brings it. Not needed here when the engine "
            "runs elsewhere, but then its added tokens are not checked",
        )
    missing = sorted(set(pulled.added_tokens) - set(settings.added_tokens))
    if missing:
        return wrong(
            subject,
            f"NERVE_ADDED_TOKENS lacks {', '.join(missing)}, so a text could pass for markup; "
            "`nerve up` sets it by itself, for `nerve serve` copy nerve_added_tokens.json of "
            f"{pulled.path}",
        )
    return well(subject, f"is in {pulled.path}; texts are guarded against all its added tokens")
