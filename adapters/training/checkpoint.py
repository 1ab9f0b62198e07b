"""What a training run needs to go on after a kill at any moment, in one file, replaced whole."""

import dataclasses
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict

from adapters.data.examples import Example
from adapters.recipe import Recipe
from adapters.training import whole_file
from adapters.training.work_folder import WEIGHTS

_STATE = {"step", "lora", "optimiser", "random", "random_gpu"}


@dataclass(slots=True)
class Progress:
    """``step``: steps done; ``loss``: of the last validation (nats a learned token), if any."""

    step: int = 0
    loss: float | None = None


@contextmanager
def alone(work: Path) -> Iterator[None]:
    """Hold the folder, so that no two trainings write one checkpoint; the system lets go of it
    however this one ends. Raises ValueError while another has it."""
    with (work / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise ValueError(
                f"another training is under way in {work}; wait for its end, or name another folder"
            ) from exc
        yield


def identity(plan: Recipe, examples: Sequence[Example], base: Path, begun: Path | None) -> str:
    """What a checkpoint is of: the recipe, the rows in their order, the base model (its name, its
    configuration, the sizes and ends of its weights), the weights it ``begun`` with."""
    rows = repr([dataclasses.astuple(one) for one in examples]).encode()
    made_of = {
        "recipe": dataclasses.asdict(plan),
        "rows": hashlib.sha256(rows).hexdigest(),
        "base": base.name,
        "configuration": _digest(base / "config.json"),
        "weights": [_end(file) for file in sorted(base.glob("*.safetensors"))],
        "start": _digest(begun / WEIGHTS) if begun else None,
    }
    return json.dumps(made_of, sort_keys=True, ensure_ascii=False)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _end(file: Path) -> list[Any]:
    """Name and size, and the sha256 of the last MiB: gigabytes would take a minute."""
    with file.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, size - 2**20))
        return [file.name, size, hashlib.file_digest(opened, "sha256").hexdigest()]


def save(path: Path, made_of: str, progress: Progress, model: Any, optimiser: Any) -> None:
    """Write beside ``path`` and rename, so that ``path`` is always a whole checkpoint.

    ``made_of`` as of ``identity``. Raises OSError.
    """
    state = {
        "made_of": made_of,
        "step": progress.step,
        "loss": progress.loss,
        "lora": get_peft_model_state_dict(model),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "random_gpu": torch.cuda.get_rng_state_all(),
    }
    # In memory first: torch answers a full disk with an error of its own, which names no cause.
    content = io.BytesIO()
    torch.save(state, content)
    whole_file.write(path, content.getbuffer())


def load(path: Path, made_of: str, model: Any, optimiser: Any) -> Progress:
    """Put the state of ``path`` into model and optimiser; no file is step 0.

    Raises ValueError when the checkpoint is of anything else than ``made_of``, or none at all.
    """
    if not path.exists():
        return Progress()
    state = _state(path)
    if not _is_of(state.get("made_of", "{}"), made_of):
        raise ValueError(
            f"{path} was made with another recipe, other rows, another base or other weights to "
            "start from; remove it to start again"
        )
    set_peft_model_state_dict(model, state["lora"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    torch.cuda.set_rng_state_all(state["random_gpu"])
    return Progress(state["step"], state.get("loss"))


def _state(path: Path) -> dict[str, Any]:
    unreadable = f"{path} is no checkpoint that can be read; remove it to start again"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as exc:  # of pickle's, zip's and torch's own, as the bytes will
        raise ValueError(unreadable) from exc
    if not isinstance(state, dict) or not state.keys() >= _STATE:
        raise ValueError(unreadable)
    return state


def _is_of(was: str, made_of: str) -> bool:
    """An earlier Nerve wrote down less; what it wrote is to be the same."""
    before, now = json.loads(was), json.loads(made_of)
    return bool(before) and all(now.get(key) == value for key, value in before.items())
