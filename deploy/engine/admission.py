"""Which adapters the engine is started with: those of its base, checked, then stored by content.

Standard library and the manifest only.
"""

import shutil
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from deploy.engine.checks import CONFIG_FILE, WEIGHTS_FILE, LaunchRefused, check, sha256_of
from service.manifest import Adapter, ManifestError, load_all

# vLLM's allowed values of --max-lora-rank.
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


@dataclass(frozen=True, slots=True)
class Admitted:
    """An adapter that the engine can load: its engine name, its absolute folder, its LoRA rank."""

    engine_name: str
    folder: Path
    rank: int


def admit(
    adapters: Path,
    store: Path,
    *,
    base: str,
    required: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> list[Admitted]:
    """Every adapter of ``adapters`` tuned for ``base``, checked and copied to ``store``.

    One for another base is left out with a line to ``say``, unless it is ``required``. Raises
    LaunchRefused.
    """
    try:
        found = load_all(adapters)
    except ManifestError as exc:
        raise LaunchRefused(f"{exc}. Mend the manifest, or move its folder away.") from exc
    missing = sorted(set(required) - {adapter.name for adapter in found})
    if missing:
        names = ", ".join(adapter.name for adapter in found) or "none"
        raise LaunchRefused(
            f"The adapter {missing[0]!r} is asked for and is not in {adapters} (there: {names}): "
            "put it there, or name another default."
        )
    return [
        Admitted(adapter.engine_name, _stored(adapter, store), rank)
        for adapter in found
        if _is_for(adapter, base, required, say)
        for rank in [check(adapter)]
    ]


def lora_rank(asked: int, needed: int, say: Callable[[str], None] = print) -> int:
    """The engine's --max-lora-rank: ``asked``, or the next allowed value where that is too small.

    Raises LaunchRefused above the largest that vLLM knows.
    """
    least = max(asked, needed, 1)
    if least > RANKS[-1]:
        raise LaunchRefused(
            f"A LoRA rank of {least} is above vLLM's largest, {RANKS[-1]}: "
            "reduce the adapter's rank (train again, or cut it by SVD)."
        )
    rank = next(allowed for allowed in RANKS if allowed >= least)
    if rank != asked:
        reason = f"an adapter has rank {needed}" if needed > asked else "vLLM allows no other"
        say(f"max-lora-rank is {rank} instead of {asked}: {reason}.")
    return rank


def _is_for(
    adapter: Adapter, base: str, required: Collection[str], say: Callable[[str], None]
) -> bool:
    if adapter.base == base:
        return True
    if adapter.name in required:
        raise LaunchRefused(
            f"The adapter {adapter.name!r} is asked for and was tuned for {adapter.base!r}, but "
            f"the engine is to serve {base!r}: serve that base, or name another default."
        )
    say(f"left out: adapter {adapter.name} is for {adapter.base}, not for {base}.")
    return False


def _stored(adapter: Adapter, store: Path) -> Path:
    """The adapter's two files under a name that changes with the weights, copied if need be.

    The folder appears whole or not at all.
    """
    target = store.absolute() / adapter.engine_name
    config = (adapter.folder / CONFIG_FILE).read_bytes()
    if target.is_dir():
        stored = target / CONFIG_FILE
        weights = target / WEIGHTS_FILE
        right = weights.is_file() and sha256_of(weights) == adapter.sha256
        if right and stored.is_file() and stored.read_bytes() == config:
            return target
        shutil.rmtree(target)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".copying-") as folder:
        copy = Path(folder) / adapter.engine_name
        copy.mkdir()
        shutil.copyfile(adapter.weights, copy / WEIGHTS_FILE)
        (copy / CONFIG_FILE).write_bytes(config)
        copy.replace(target)
    return target
