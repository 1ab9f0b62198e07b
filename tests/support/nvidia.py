"""A stand-in for nvidia-smi on the PATH: it answers the query that the product sends."""

from pathlib import Path

import pytest

from deploy.engine import device

H100 = ("NVIDIA H100 80GB HBM3", "580.65.06", "9.0", "81559")
A4000 = ("NVIDIA RTX A4000", "580.65.06", "8.6", "16376")
T4 = ("Tesla T4", "580.65.06", "7.5", "15360")
P100 = ("Tesla P100-PCIE-16GB", "580.65.06", "6.0", "16384")
OLD_DRIVER = ("NVIDIA H100 80GB HBM3", "550.54.15", "9.0", "81559")

Card = tuple[str, str, str, str]


def put_gpus(patch: pytest.MonkeyPatch, folder: Path, *cards: Card, status: int = 0) -> Path:
    """From here on the machine has these GPUs: (name, driver, capability, memory in MiB) each.

    With another ``status`` nvidia-smi fails; without cards there is none. Returns the folder that
    is first on the PATH.
    """
    nodes, programs = folder / "dev", folder / "bin"
    for place in (nodes, programs):
        place.mkdir(exist_ok=True)
    lines = []
    for number, (name, driver, capability, memory) in enumerate(cards):
        (nodes / f"nvidia{number}").touch()
        lines.append(f"{number}, GPU-{number}{number}ab, {name}, {driver}, {capability}, {memory}")
    if cards:
        tool = programs / "nvidia-smi"
        told = "\n".join(lines) if not status else "NVIDIA-SMI has failed: no driver"
        tool.write_text(f"#!/bin/sh\ncat <<'END'\n{told}\nEND\nexit {status}\n", encoding="utf-8")
        tool.chmod(0o755)
    patch.setattr(device, "_NODES", nodes)
    patch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    for name in ("NERVE_DEVICE", "CUDA_VISIBLE_DEVICES", "CC", "VLLM_ENABLE_CUDA_COMPATIBILITY"):
        patch.delenv(name, raising=False)
    return programs
