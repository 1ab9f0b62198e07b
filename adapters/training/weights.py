"""The matrices of an adapter's folder, read and written."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from adapters.training import whole_file
from adapters.training.work_folder import WEIGHTS


def read(folder: Path) -> dict[str, torch.Tensor]:
    """By name. Raises OSError where there are none, ValueError where the file is none of them."""
    path = folder / WEIGHTS
    try:
        found: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as exc:
        raise ValueError(f"{path}: {exc}; expected an adapter's weights") from exc
    return found


def write(matrices: dict[str, torch.Tensor], path: Path) -> None:
    """As PEFT has them. Raises OSError."""
    whole_file.write(path, save(matrices, metadata={"format": "pt"}))
