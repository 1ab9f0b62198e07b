"""Start vLLM with the adapters of a folder: ``python -m deploy.engine.launcher --help``.

Run it with the engine's Python from the checkout; it is the engine container's entry point, too.
It prints the exact command, with the environment that it sets, and becomes that command. Flags for
vLLM stand after ``--``, or in the variable ENGINE_FLAGS, for containers.
Standard library, and what of ``service`` is made of it.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from deploy.engine import device as devices
from deploy.engine import memory
from deploy.engine import weights as multiplying
from deploy.engine.admission import Admitted, LaunchRefused, admit, check_model, lora_rank
from deploy.engine.device import DeviceRefused
from deploy.engine.gpu import without_old
from deploy.engine.listening import CannotListen, check_listening
from deploy.engine.options import parsed
from deploy.engine.vllm_command import Launch, command, environment, slots
from service.models.registry import untuned


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, and become vLLM; returns (2) only when refused."""
    # As Python writes errors: a path that the terminal's encoding cannot say ends nothing.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options, extra = parsed(sys.argv[1:] if arguments is None else arguments)
        launch, adapters = prepare(options, tuple(extra))
        shown = without_old(devices.gpus()) if launch.device == "cuda" else {}
    except (LaunchRefused, DeviceRefused) as refusal:
        print(f"refused: {refusal}", file=sys.stderr, flush=True)
        return 2
    line = command(launch, adapters, sys.executable)
    ours = environment(os.environ, launch.device, os.cpu_count() or 1, options.store) | shown
    print(shlex.join([*(f"{key}={value}" for key, value in ours.items()), *line]), flush=True)
    return os.execvpe(line[0], line, {**os.environ, **ours})


def prepare(
    options: argparse.Namespace, extra: tuple[str, ...]
) -> tuple[Launch, Sequence[Admitted]]:
    """Everything that can be found wrong before vLLM starts; raises LaunchRefused, DeviceRefused"""
    device = devices.here()
    weights = multiplying.choose(options.weights, device, extra)
    model = multiplying.checkpoint(options.model, weights)
    check_model(model)
    _check_port(options.host, options.port)
    _make_store(options.store)
    adapters = _admitted(options, model)
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


def _admitted(options: argparse.Namespace, model: Path) -> list[Admitted]:
    """The adapters that the engine gets; raises LaunchRefused, warns where there are none."""
    if not options.adapters.is_dir():
        where = options.adapters.absolute()
        print(f"warning: there is no folder {where}; --adapters names another", flush=True)
    adapters = admit(
        options.adapters,
        options.store,
        base=options.served_name,
        model=str(model.absolute()),
        required=options.require,
    )
    if not adapters:
        print(f"warning: {untuned(options.served_name)}", flush=True)
    return adapters


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


def _make_store(store: Path) -> None:
    """vLLM does not start without it."""
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise LaunchRefused(
            f"The store {store.absolute()} cannot be made ({exc.strerror}): name another --store."
        ) from exc


def _check_port(host: str, port: int) -> None:
    try:
        check_listening(host, port)
    except CannotListen as exc:
        todo = f"{'stop what listens there, or ' if exc.taken else ''}choose another --port"
        if exc.elsewhere:
            todo = "name an address of this machine (--host; `nerve engine`: NERVE_ENGINE_URL)"
        raise LaunchRefused(f"The engine cannot listen on {host}:{port} ({exc}): {todo}.") from exc


if __name__ == "__main__":
    sys.exit(main())
