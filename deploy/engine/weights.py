"""How the engine multiplies the base model: as its checkpoint says, or in 8 bits on a CPU.

Standard library.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Weights = Literal["checkpoint", "int8"]
CHOICES = ("auto", "checkpoint", "int8")

# x86 instructions that sum products of 8-bit numbers; without them int8 is the slower way.
_DOT_PRODUCTS = {"avx512_vnni", "amx_int8"}
_CPU = Path("/proc/cpuinfo")


def choose(wanted: str, extra: Sequence[str], cpu: Path = _CPU) -> Weights:
    """What ``wanted``, one of CHOICES, means on this CPU.

    ``auto`` is int8 where the CPU has its instructions, unless ``extra``, the user's own vLLM
    flags, name a quantisation.
    """
    if wanted == "int8":
        return "int8"
    theirs = any(word.split("=")[0] in ("--quantization", "-q") for word in extra)
    if wanted == "checkpoint" or theirs or not _has_dot_products(cpu):
        return "checkpoint"
    return "int8"


def flags(weights: Weights) -> list[str]:
    """vLLM's flags; ``nerve_int8`` is our plugin's (plugin/nerve_cpu_int8.py)."""
    return ["--quantization", "nerve_int8"] if weights == "int8" else []


def _has_dot_products(cpu: Path) -> bool:
    try:
        described = cpu.read_text(encoding="ascii", errors="replace")
    except OSError:  # not Linux
        return False
    return not _DOT_PRODUCTS.isdisjoint(described.split())
