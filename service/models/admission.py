"""What vLLM 0.32 accepts of an adapter (``vllm/lora/peft_helper.py``), asked before it does.

vLLM meets a bad adapter at its first request, and says so in its own words. Standard library and
the manifest only: the engine's launcher asks, too.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.models.manifest import Adapter

# The names under which vLLM looks for an adapter's two files in a folder.
WEIGHTS_FILE = "adapter_model.safetensors"
CONFIG_FILE = "adapter_config.json"

LARGEST_RANK = 512

# Settings of PEFT that vLLM refuses: key -> what it stands for.
_UNSUPPORTED = {
    "use_dora": "DoRA",
    "lora_bias": "LoRA bias",
    "alora_invocation_tokens": "activated LoRA",
    "layer_replication": "layer replication",
    "use_bdlora": "block-diagonal LoRA",
    "use_qalora": "QALoRA",
}
# These start values leave the base model as it is; the others (PiSSA, OLoRA, …) change it.
_PLAIN_STARTS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")


class AdapterRefused(Exception):
    """The engine would refuse it or answer wrongly: one sentence that says what to do."""


def check(adapter: Adapter) -> int:
    """The rank that the engine needs for it; raises AdapterRefused if it cannot be served, OSError
    if its files cannot be read now."""
    with only_refusals(adapter):
        config = config_of(adapter)
        _check_features(adapter, config)
        _check_base(adapter, config)
        rank = _checked_rank(adapter, config)
        _check_weights(adapter)
        return rank


@contextmanager
def only_refusals(adapter: Adapter) -> Iterator[None]:
    """Whatever is odd about an adapter's files is that adapter's fault, and no other's."""
    try:
        yield
    except (AdapterRefused, OSError):
        raise
    except Exception as exc:
        fact = f"its files are not as trainers write them ({type(exc).__name__})"
        raise _refused(adapter, fact, "copy them from the training output") from exc


def config_of(adapter: Adapter) -> dict[str, Any]:
    """Its adapter_config.json; raises AdapterRefused."""
    path = adapter.folder / CONFIG_FILE
    _check_place(adapter, path)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise _refused(adapter, f"{path} is missing", "copy it from the training output") from exc
    except (ValueError, RecursionError) as exc:
        fact = f"{path} is not JSON ({str(exc)[:200]})"
        raise _refused(adapter, fact, "copy it again") from exc
    if not isinstance(config, dict):
        raise _refused(adapter, f"{path} is not a JSON object", "copy it again")
    for key in ("r", "lora_alpha", "target_modules"):
        if not config.get(key):
            raise _refused(adapter, f"{path} has no {key!r}", "copy it from the training output")
    return config


def _check_features(adapter: Adapter, config: dict[str, Any]) -> None:
    for key, words in _UNSUPPORTED.items():
        if config.get(key):
            todo = f"train it again without {key}, or merge it into its base"
            raise _refused(adapter, f"it uses {words} ({key}), which vLLM refuses", todo)
    kind = config.get("peft_type", "LORA")
    if kind != "LORA":
        raise _refused(adapter, f"peft_type = {kind!r} is not LORA", "convert it to a plain LoRA")
    bias = config.get("bias", "none")
    if bias != "none":
        todo = 'train it again with bias="none"'
        raise _refused(adapter, f"it has bias = {bias!r}, which vLLM refuses", todo)
    saved = config.get("modules_to_save") or []
    if not isinstance(saved, list) or any(name not in _HEADS for name in saved):
        shown = repr(saved)[:200]
        fact = f"it replaces whole modules (modules_to_save = {shown}), which vLLM refuses"
        raise _refused(adapter, fact, "train it again without them")
    start = config.get("init_lora_weights", True)
    if isinstance(start, str) and start.lower() not in _PLAIN_STARTS:
        fact = f"init_lora_weights = {start!r} changed its base, which vLLM refuses"
        raise _refused(adapter, fact, "convert it to a plain LoRA with PEFT")


_HEADS = ("classifier", "score")


def _check_base(adapter: Adapter, config: dict[str, Any]) -> None:
    trained_on = str(config.get("base_model_name_or_path") or adapter.base)
    if model_name(trained_on) != model_name(adapter.base):
        raise _refused(
            adapter,
            f"{CONFIG_FILE} says it was trained on {trained_on!r}, its manifest on "
            f"{adapter.base!r}",
            "correct the one that is wrong",
        )


def model_name(written: str) -> str:
    """Trainers write hub names, local paths, paths of the hub's cache: the last part counts.

    ModelScope names folders without dots: ``Qwen2___5-7B-Instruct``.
    """
    cached = [part for part in Path(written).parts if part.startswith("models--")]
    last = cached[0].rpartition("--")[2] if cached else Path(written).name
    return last.replace("___", ".").lower()


def _checked_rank(adapter: Adapter, config: dict[str, Any]) -> int:
    rank, pattern = config["r"], config.get("rank_pattern") or {}
    ranks = [rank, *pattern.values()] if isinstance(pattern, dict) else [rank, pattern]
    if not all(type(value) is int and value > 0 for value in ranks):
        raise _refused(adapter, f"{CONFIG_FILE} has the ranks {ranks}", "use whole numbers above 0")
    if rank != adapter.rank:
        raise _refused(
            adapter,
            f"its manifest says rank {adapter.rank} and {CONFIG_FILE} says r = {rank}",
            f"set rank = {rank} in its manifest if the weights are right",
        )
    if max(ranks) > LARGEST_RANK:
        todo = "train it with a smaller rank, or cut it by SVD"
        raise _refused(adapter, f"rank {max(ranks)} is above vLLM's {LARGEST_RANK}", todo)
    # vLLM sizes its slots for the largest rank of any module.
    return int(max(ranks))


def _check_weights(adapter: Adapter) -> None:
    path = adapter.weights
    if path.suffix != ".safetensors":
        raise _refused(adapter, f"{path} is not a .safetensors file", "convert the weights")
    _check_place(adapter, path)
    if not path.is_file():
        raise _refused(adapter, f"{path} is missing", "fetch the weights, or move the folder away")
    found = sha256_of(path)
    if found != adapter.sha256:
        raise _refused(
            adapter,
            f"{path} has the sha256 {found} and its manifest says {adapter.sha256}",
            "fetch the weights again, or register the new ones",
        )


def _check_place(adapter: Adapter, path: Path) -> None:
    # A link could lead to any file of this machine, and the message would tell its digest.
    if not path.resolve().is_relative_to(adapter.folder.resolve()):
        todo = "put the file itself there"
        raise _refused(adapter, f"{path} is a link that leaves the adapter's folder", todo)


def _refused(adapter: Adapter, fact: str, todo: str) -> AdapterRefused:
    return AdapterRefused(f"The adapter {adapter.name!r} cannot be served: {fact}; {todo}.")


def sha256_of(path: Path) -> str:
    """The digest of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
