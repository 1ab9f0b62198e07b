"""Adapters of the scripted engine: manifests without weights, which are the engine's business."""

from collections.abc import Sequence
from pathlib import Path

from deploy.bench.gateways.engine import BASE
from service.models.manifest import load

# The scripted engine's answer knows the first three.
WRITTEN = ("姓名", "公司", "职位")
NAME = "bench"


def label_set(size: int) -> list[str]:
    """The written forms of so many labels."""
    return [*WRITTEN, *(f"类别{number}" for number in range(size))][:size]


def write_adapter(folder: Path, name: str, written: Sequence[str] = WRITTEN) -> str:
    """A manifest in ``folder``; returns the adapter's name in the engine."""
    labels = "".join(
        f'\n[[labels]]\nname = "label{place}"\nwritten = "{one}"\n'
        for place, one in enumerate(written)
    )
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    fields = {
        "name": name,
        "base": BASE,
        "weights": "adapter_model.safetensors",
        "sha256": "0123456789abcdef" * 4,
        "prompt": "zh-lines-1",
        "format": "lines",
        "occurrences": "all",
    }
    lines = [f'{key} = "{value}"' for key, value in fields.items()]
    text = "\n".join([*lines, "rank = 64", "max_chars = 256", labels])
    (place / "adapter.toml").write_text(text, encoding="utf-8")
    return load(place).engine_name


def write_default(folder: Path, name: str) -> None:
    """The adapter that answers where no model is named."""
    (folder / "registry.toml").write_text(f'default = "{name}"\n', encoding="utf-8")
