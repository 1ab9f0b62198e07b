"""The mean of adapters' weights: at times better than each, where one was trained on from another.

"Model soups" (Wortsman et al. 2022, arXiv 2203.05482), here of the LoRA matrices themselves: two of
one lineage lie close enough for the mean of the factors to stand for the mean of the products.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.data.unseen import HeldOut
from adapters.registering.trained import held_out_of
from adapters.training import weights
from adapters.training.work_folder import CONFIG, WEIGHTS
from service.wire.wording import why_unusable

# They are the training's, and say nothing of the matrices' place or size.
_ASIDE = ("inference_mode", "lora_dropout")


class AverageError(ValueError):
    """Adapters whose weights have no mean: names the folder and what differs."""


def average(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of the weights in ``folders`` to ``out``, in the type of the first, and what
    none of them was trained on.

    Raises AverageError for fewer than two, for other matrices or another rank or alpha; OSError,
    ValueError for what cannot be read.
    """
    if len(folders) < 2:
        raise AverageError(f"{len(folders)} adapter; expected two or more")
    first, *others = folders
    held_out = HeldOut.of_all(filter(None, map(held_out_of, folders)))
    total, config = weights.read(first), _config(first)
    kinds = {name: weight.dtype for name, weight in total.items()}
    total = {name: weight.float() for name, weight in total.items()}
    for folder in others:
        _check(first, config, folder, _config(folder))
        more = weights.read(folder)
        for name, weight in total.items():
            if name not in more or more[name].shape != weight.shape:
                raise AverageError(f"{folder}: {name} is not there or has another shape")
            weight += more[name].float()
    out.mkdir(parents=True, exist_ok=True)
    mean = {name: (one / len(folders)).to(kinds[name]) for name, one in total.items()}
    shutil.copyfile(first / CONFIG, out / CONFIG)
    if held_out:
        held_out.write(out)
    weights.write(mean, out / WEIGHTS)  # last: with them it is an adapter


def _config(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except ValueError as exc:
        raise AverageError(f"{folder / CONFIG}: {why_unusable(exc)}") from exc
    return {key: value for key, value in found.items() if key not in _ASIDE}


def _check(first: Path, config: dict[str, Any], folder: Path, other: dict[str, Any]) -> None:
    for key in sorted(config.keys() | other.keys()):
        if config.get(key) != other.get(key):
            raise AverageError(
                f"{folder}: {key} = {other.get(key)!r}; expected {config.get(key)!r}, as {first}"
            )
