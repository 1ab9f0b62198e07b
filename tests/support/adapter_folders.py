"""Adapters on disk, good or spoiled; no model stands behind them."""

import hashlib
import json
from pathlib import Path
from typing import Any

BASE = "Qwen2.5-Coder-1.5B-Instruct"
CONFIG = {
    "peft_type": "LORA",
    "r": 64,
    "lora_alpha": 16,
    "target_modules": ["q_proj", "v_proj"],
    "bias": "none",
    "base_model_name_or_path": f"Qwen/{BASE}",
}


def put_adapter(
    adapters: Path,
    name: str = "clue",
    manifest: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    weights: bytes = b"weights",
) -> Path:
    """Write an adapter, or write it anew; its folder. A value of None leaves a key out."""
    folder = adapters / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "adapter_config.json").write_text(json.dumps(_merged(CONFIG, config)))
    keys = {
        "name": name,
        "base": BASE,
        "weights": "adapter_model.safetensors",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "rank": 64,
        "prompt": "zh-lines-1",
        "format": "lines",
        "max_chars": 256,
    }
    rows = [f"{key} = {json.dumps(value)}" for key, value in _merged(keys, manifest).items()]
    labels = '[[labels]]\nname = "name"\nwritten = "姓名"\n'
    # By rename, as careful tools do: a reader sees it before or after.
    part = folder / "adapter.toml.part"
    part.write_text("\n".join([*rows, labels]), encoding="utf-8")
    part.replace(folder / "adapter.toml")
    return folder


def put_alias(adapters: Path, alias: str, name: str) -> None:
    """Let ``alias``, and no other, stand for ``name``; as a person writes it, by rename."""
    path = adapters / "registry.toml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    part = path.with_suffix(".part")
    part.write_text(f'{before.partition("[aliases]")[0]}[aliases]\n{alias} = "{name}"\n', "utf-8")
    part.replace(path)


def engine_name(name: str, weights: bytes = b"weights") -> str:
    """What the adapter is called in the engine."""
    return f"{name}@{hashlib.sha256(weights).hexdigest()[:8]}"


def _merged(first: dict[str, Any], second: dict[str, Any] | None) -> dict[str, Any]:
    both = {**first, **(second or {})}
    return {key: value for key, value in both.items() if value is not None}
