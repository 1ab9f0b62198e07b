"""How the engine multiplies the base model: as its checkpoint says, or in fewer bits.

=============  =======  =========================================================================
``checkpoint``  both    as the checkpoint says: bfloat16 mostly
``int8``        CPU     8 bits, by our plugin (plugin/nerve_cpu_int8.py)
``fp8``         GPU     8 bits: half the memory of bfloat16, quantised by vLLM while it loads
``awq``         GPU     4 bits: another checkpoint of the same model, beside it as ``<model>-AWQ``
``auto``        both    int8 where the CPU has the instructions for it, else the checkpoint
=============  =======  =========================================================================

Standard library.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from deploy.engine import vllm_flags
from deploy.engine.admission import LaunchRefused
from deploy.engine.device import Device

Weights = Literal["checkpoint", "int8", "fp8", "awq"]
CHOICES = ("auto", "checkpoint", "int8", "fp8", "awq")
AWQ_SUFFIX = "-AWQ"

_OF: dict[str, Device] = {"int8": "cpu", "fp8": "cuda", "awq": "cuda"}
# vLLM's flags. Not "fp8", which is for checkpoints that are quantised already.
_FLAGS: dict[Weights, list[str]] = {
    "int8": ["--quantization", "nerve_int8"],
    "fp8": ["--quantization", "fp8_per_tensor"],
}
# x86 CPUs on which 8 bits are right, and faster: by instructions that sum products of 8-bit
# numbers, which none has without AVX2, or by plugin/nerve_cpu_fbgemm.py.
_INT8 = "avx2"
_CPU = Path("/proc/cpuinfo")


def choose(wanted: str, device: Device, extra: Sequence[str], cpu: Path = _CPU) -> Weights:
    """What ``wanted``, one of CHOICES, means on this device.

    ``auto`` leaves the checkpoint's numbers where ``extra``, the user's own vLLM flags, name a
    quantisation, or ask for float32 with ``--dtype``. Raises LaunchRefused for another word, and
    for the other device's.
    """
    if wanted not in CHOICES:  # from a variable, which nobody has looked at
        raise LaunchRefused(f"NERVE_ENGINE_WEIGHTS = {wanted!r}; expected {', '.join(CHOICES)}.")
    if wanted in _OF and _OF[wanted] != device:
        names = {"cpu": "CPUs", "cuda": "NVIDIA GPUs"}
        here = {"cpu": "a CPU", "cuda": "a GPU"}[device]
        raise LaunchRefused(
            f"--weights {wanted} is for {names[_OF[wanted]]}, and the engine is to run on {here}: "
            "take --weights auto."
        )
    if wanted == "auto":
        return "int8" if device == "cpu" and _int8_pays(extra, cpu) else "checkpoint"
    return cast(Weights, wanted)


def checkpoint(model: Path, weights: Weights) -> Path:
    """The folder of the checkpoint that is served for the base model in folder ``model``."""
    ends = model.name.lower().endswith(AWQ_SUFFIX.lower())
    return model.with_name(model.name + AWQ_SUFFIX) if weights == "awq" and not ends else model


def flags(weights: Weights) -> list[str]:
    """vLLM's flags; what a checkpoint is quantised in, its config.json says."""
    return _FLAGS.get(weights, [])


def _int8_pays(extra: Sequence[str], cpu: Path) -> bool:
    given = vllm_flags.read(extra)
    theirs = "--quantization" in given or given.get("--dtype") in ("float32", "float")
    return not theirs and _INT8 in _cpu_flags(cpu)


def _cpu_flags(cpu: Path) -> set[str]:
    """The x86 CPU's, or none where this is not Linux, or not x86."""
    try:
        lines = cpu.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}
