"""What the launcher is told: its own flags, and those that go to vLLM as they are."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from deploy.engine import vllm_flags
from deploy.engine import weights as multiplying


def parsed(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The launcher's own, and those for vLLM. Raises LaunchRefused; exits as argparse does."""
    own, extra = list(arguments), vllm_flags.of_environment()
    if "--" in own:
        cut = own.index("--")
        own, extra = own[:cut], [*extra, *own[cut + 1 :]]
    vllm_flags.check(extra)
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
