"""What a training run needs to go on after a kill at any moment, in one file, replaced whole."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict


@dataclass(slots=True)
class Progress:
    """``step``: steps done; ``best``: the lowest validation loss so far (nats a token)."""

    step: int = 0
    best: float = float("inf")


def save(path: Path, recipe: str, progress: Progress, model: Any, optimiser: Any) -> None:
    """Write beside ``path`` and rename, so that ``path`` is always a whole checkpoint."""
    state = {
        "recipe": recipe,
        "step": progress.step,
        "best": progress.best,
        "lora": get_peft_model_state_dict(model),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
    }
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, recipe: str, model: Any, optimiser: Any) -> Progress:
    """Put the state of ``path`` into model and optimiser; no file is step 0.

    Raises ValueError when the checkpoint was made with another recipe.
    """
    if not path.exists():
        return Progress()
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["recipe"] != recipe:
        raise ValueError(f"{path} was made with another recipe; remove it to start again")
    set_peft_model_state_dict(model, state["lora"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])
    return Progress(state["step"], state["best"])
