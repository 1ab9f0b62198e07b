"""What a base model and its adapters take of a GPU's memory, before vLLM finds out by failing.

An estimate: what vLLM needs besides (CUDA graphs, activations) is put at a sum
that leaves room. Sizes in bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from deploy.engine import vllm_flags
from deploy.engine.admission import LaunchRefused
from deploy.engine.gpu import Gpu, usable

# vLLM's own default of --gpu-memory-utilization.
SHARE = 0.92
# CUDA's context, activations of a full batch, CUDA graphs.
_BESIDES = 2_000_000_000
_BYTES = 2  # bfloat16: LoRA matrices and KV cache
_NOT_ESTIMATED = {
    "--quantization",
    "--cpu-offload-gb",
    "--max-loras",
    "--max-lora-rank",
    "--device-ids",
    "--config",  # a file with flags
}
_SHARED_BY = ("--tensor-parallel-size", "--pipeline-parallel-size")


@dataclass(frozen=True, slots=True)
class Shape:
    """What of config.json decides how much memory is taken; 0 where it says nothing."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int

    @classmethod
    def of(cls, model: Path) -> "Shape":
        """That of the checkpoint in folder ``model``."""
        try:
            config = json.loads((model / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            config = {}

        def number(name: str) -> int:
            value = config.get(name)
            return value if isinstance(value, int) else 0

        heads = number("num_attention_heads")
        return cls(
            hidden=number("hidden_size"),
            inner=number("intermediate_size"),
            layers=number("num_hidden_layers"),
            heads=heads,
            kv_heads=number("num_key_value_heads") or heads,
            vocabulary=number("vocab_size"),
        )

    def slot(self, rank: int) -> int:
        """One place for an adapter of that rank: vLLM makes it for all seven linear modules."""
        kv = self.hidden * self.kv_heads // self.heads if self.heads else 0
        attention = 2 * (self.hidden + self.hidden) + 2 * (self.hidden + kv)
        return rank * self.layers * _BYTES * (attention + 3 * (self.hidden + self.inner))

    def window(self, tokens: int) -> int:
        """The KV cache of one request that fills the window."""
        head = self.hidden // self.heads if self.heads else 0
        return tokens * self.layers * 2 * self.kv_heads * head * _BYTES

    def embeddings(self) -> int:
        """Input embedding and output head, which no quantisation of vLLM's touches."""
        return 2 * self.vocabulary * self.hidden * _BYTES


@dataclass(frozen=True, slots=True)
class Taken:
    """What is held on the GPU: the checkpoint in folder ``model``, as it comes or with its linear
    layers ``in_8_bits``; ``slots`` places for adapters of ``rank``; one ``window`` of tokens."""

    model: Path
    in_8_bits: bool
    slots: int
    rank: int
    window: int

    def weights(self) -> int:
        """The base model's."""
        whole = sum(file.stat().st_size for file in self.model.glob("*.safetensors"))
        kept = min(Shape.of(self.model).embeddings(), whole)
        return kept + (whole - kept) // 2 if self.in_8_bits else whole

    def on_each(self, gpus: int) -> int:
        """Of ``gpus`` GPUs that share the model: what one must have, vLLM's share being SHARE."""
        shape = Shape.of(self.model)
        shared = self.weights() + self.slots * shape.slot(self.rank) + shape.window(self.window)
        return int((shared / gpus + _BESIDES) / SHARE)

    def cost_of_slots(self, rank: int) -> str:
        """What slots for more than ``rank``, the largest that an adapter has, cost."""
        gigabytes = self.slots * Shape.of(self.model).slot(self.rank) / 1e9
        return (
            f"{self.slots} slots of rank {self.rank} take {gigabytes:.1f} GB of the GPU, and the "
            f"largest rank here is {rank}: --max-lora-rank auto saves the zeros."
        )


def check(taken: Taken, gpus: Sequence[Gpu], extra: Sequence[str]) -> None:
    """Raises LaunchRefused where one of the GPUs that the engine takes is too small: the first of
    those that vLLM can use.

    Nothing is refused where no memory is told, or where ``extra``, the user's own vLLM flags,
    change what is held in ways that are not estimated.
    """
    flags = vllm_flags.read(extra)
    sharing = _sharing(flags)
    smallest = min(usable(gpus)[:sharing], key=lambda gpu: gpu.memory, default=None)
    if not smallest or not smallest.memory or not flags.keys().isdisjoint(_NOT_ESTIMATED):
        return
    needed = taken.on_each(sharing)
    if needed > smallest.memory:
        raise LaunchRefused(
            f"{taken.model.name} needs about {needed / 2**30:.0f} GiB on each GPU, and "
            f"{smallest.name} has {smallest.memory / 2**30:.0f}: take fewer bits (--weights fp8, "
            "or awq), a smaller rank (--max-lora-rank auto), several GPUs (vLLM's "
            "--tensor-parallel-size), a smaller base model, or the CPU (NERVE_DEVICE=cpu)."
        )


def _sharing(flags: Mapping[str, str]) -> int:
    """How many GPUs share the model: each stage of a pipeline is on as many as a tensor is cut
    for."""
    return prod(vllm_flags.number(flags, name) or 1 for name in _SHARED_BY)
