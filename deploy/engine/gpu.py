"""The GPUs that nvidia-smi lists, and those that CUDA shows to the engine. Standard library."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# What vLLM's kernels need.
CAPABILITY = (7, 5)
VISIBLE = "CUDA_VISIBLE_DEVICES"
# What nvidia-smi is asked for.
COLUMNS = "index,uuid,name,driver_version,compute_cap,memory.total"


@dataclass(frozen=True, slots=True)
class Gpu:
    """What nvidia-smi tells of a GPU; ``memory`` in bytes, 0 where it tells none."""

    index: str
    uuid: str
    name: str
    driver: str
    capability: tuple[int, int]
    memory: int


def told(line: str) -> Gpu:
    """That of a line with COLUMNS."""
    cells = [cell.strip() for cell in line.split(",")]
    index, uuid, name, driver, capability, memory = (*cells, *[""] * 6)[:6]
    version = re.fullmatch(r"(\d+)\.(\d+)", capability)
    mebibytes = int(memory) if memory.isdecimal() else 0
    # A capability that is not told is no reason to refuse.
    pair = (int(version[1]), int(version[2])) if version else CAPABILITY
    return Gpu(index, uuid, name, driver, pair, mebibytes * 2**20)


def usable(found: Iterable[Gpu]) -> list[Gpu]:
    """Those that are new enough for vLLM's kernels."""
    return [gpu for gpu in found if gpu.capability >= CAPABILITY]


def without_old(found: Sequence[Gpu]) -> dict[str, str]:
    """The variable that keeps those from the engine which vLLM cannot use, where there are any."""
    chosen = usable(found)
    return {VISIBLE: ",".join(gpu.uuid for gpu in chosen)} if len(chosen) < len(found) else {}


def visible(found: Sequence[Gpu], named: str | None) -> list[Gpu]:
    """Those that CUDA_VISIBLE_DEVICES names, in its order, as CUDA reads it: up to the first word
    that names none, and none where one is named twice; all where it is not set."""
    if named is None:
        return [*found]
    chosen: list[Gpu] = []
    for word in named.split(","):
        gpu = _named(found, word.strip())
        if gpu is None:
            break
        if gpu in chosen:
            return []
        chosen.append(gpu)
    return chosen


def _named(found: Sequence[Gpu], word: str) -> Gpu | None:
    if word.startswith("MIG-"):  # nvidia-smi does not list these
        return Gpu(word, word, "a part of a GPU (MIG)", "", CAPABILITY, 0)
    if number := re.match(r"\+?(\d+)", word):
        return next((gpu for gpu in found if gpu.index == str(int(number[1]))), None)
    like = [gpu for gpu in found if word.startswith("GPU-") and gpu.uuid.startswith(word)]
    return like[0] if len(like) == 1 else None


def hides_all(named: str | None) -> bool:
    """Does CUDA_VISIBLE_DEVICES begin with a word that can name no GPU?"""
    return named is not None and not re.match(r"\s*(\+?\d|GPU-|MIG-)", named)
