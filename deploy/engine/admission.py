"""Which adapters the engine is started with: those of its base, checked, then stored by content.

Standard library, and what of ``service`` is made of it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from service.models import store
from service.models.admission import AdapterRefused, check
from service.models.folder import read
from service.models.manifest import Adapter, ManifestError

# vLLM's allowed values of --max-lora-rank.
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
_RANK_OF_NONE = 16


class LaunchRefused(Exception):
    """The engine would fail or answer wrongly: one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An adapter that the engine can load: its engine name, its absolute folder, its LoRA rank."""

    engine_name: str
    folder: Path
    rank: int


def admit(
    adapters: Path,
    into: Path,
    *,
    base: str,
    model: str,
    required: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> list[Admitted]:
    """Every adapter of ``adapters`` tuned for ``base``, checked and copied to the store ``into``.

    ``model`` is the engine's ``--model``. One that is for another base or cannot be served is left
    out with a line to ``say``: the engine's start, at night perhaps, is no time to stop all others
    for it; unless it is ``required``. Raises LaunchRefused.
    """
    admitted = []
    for adapter in _readable(adapters, required, say):
        if not _is_for(adapter, base, required, say):
            continue
        try:
            rank = check(adapter)
            admitted.append(Admitted(adapter.engine_name, store.put(into, adapter, model), rank))
        except (AdapterRefused, OSError) as exc:
            _leave_out(adapter.name, str(exc), required, say)
    return admitted


def _readable(
    adapters: Path, required: Collection[str], say: Callable[[str], None]
) -> Collection[Adapter]:
    """Those whose manifests can be used; raises LaunchRefused."""
    try:
        found = read(adapters)
    except (ManifestError, OSError) as exc:
        raise LaunchRefused(f"{exc}. Mend the file.") from exc
    for name, problem in found.problems.items():
        _leave_out(name, problem, required, say)
    missing = sorted(set(required) - {*found.adapters, *found.problems})
    if missing:
        names = ", ".join(found.adapters) or "none"
        raise LaunchRefused(
            f"The adapter {missing[0]!r} is asked for and is not in {adapters} (there: {names}): "
            "put it there, or name another default."
        )
    return found.adapters.values()


def check_model(model: Path) -> None:
    """Raises LaunchRefused for a folder without a model."""
    # vLLM takes a missing folder for the name of a repository on the hub.
    if not (model / "config.json").is_file():
        raise LaunchRefused(f"There is no model in {model.absolute()}: get it with `nerve pull`.")


def lora_rank(asked: int, needed: int, say: Callable[[str], None] = print) -> int:
    """The engine's --max-lora-rank: ``asked``, or the next allowed value where that is too small.

    ``asked`` = 0 takes the rank that is needed, and vLLM's own default where there is no adapter.
    Raises LaunchRefused above the largest that vLLM knows.
    """
    least = max(asked, needed) or _RANK_OF_NONE
    if least > RANKS[-1]:
        raise LaunchRefused(
            f"A LoRA rank of {least} is above vLLM's largest, {RANKS[-1]}: "
            "reduce the adapter's rank (train again, or cut it by SVD)."
        )
    rank = next(allowed for allowed in RANKS if allowed >= least)
    if asked and rank != asked:
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


def _leave_out(
    name: str, problem: str, required: Collection[str], say: Callable[[str], None]
) -> None:
    if name in required:
        raise LaunchRefused(problem)
    say(f"left out: adapter {name}: {problem}")
