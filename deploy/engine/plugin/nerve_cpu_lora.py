"""vLLM plugin (entry-point group ``vllm.general_plugins``): LoRA on the CPU back end, made right.

It asks the installed vLLM's LoRA operators a question with a known answer. Where they are right,
or where the platform is not the CPU, it steps aside with a log line; else it puts its own
(``nerve_cpu_lora_ops``) in their place, once those have given the right answer here.
"""

import importlib
import logging
from types import ModuleType
from typing import Any

import nerve_cpu_lora_ops as ours
import torch

OPERATORS = (
    "bgmv_shrink",
    "sgmv_shrink",
    "bgmv_expand",
    "sgmv_expand",
    "bgmv_expand_slice",
    "sgmv_expand_slice",
)
# Where vLLM 0.32 keeps the operators: where they are made, passed on, and called by their name.
PLACES = (
    "vllm.lora.ops.torch_ops.lora_ops",
    "vllm.lora.ops.torch_ops",
    "vllm.lora.punica_wrapper.punica_cpu",
)

# vLLM shows its own loggers only, so the line must come from below "vllm".
log = logging.getLogger("vllm.nerve_cpu_lora")


def register() -> None:
    """Called by vLLM in each of its processes, before a model is loaded."""
    from vllm.platforms import current_platform

    if not current_platform.is_cpu():
        log.info("Not the CPU platform; vLLM's own LoRA operators stay.")
        return
    install([importlib.import_module(place) for place in PLACES])


def install(places: list[ModuleType]) -> bool:
    """Put our operators into ``places``, if theirs are wrong and ours right; says whether it did.

    Raises RuntimeError when both are wrong: an engine that mixes up answers must not start.
    """
    if is_right(places[-1]):
        log.info("vLLM's own CPU LoRA operators are right; they stay.")
        return False
    if not is_right(ours):
        raise RuntimeError("the CPU LoRA operators of vLLM and of nerve-vllm-cpu-lora are wrong")
    for place in places:
        for name in OPERATORS:
            if hasattr(place, name):
                setattr(place, name, getattr(ours, name))
    log.info("vLLM's CPU LoRA operators change rows without an adapter; replaced by our own.")
    return True


def is_right(operators: Any) -> bool:
    """Do all six operators leave rows without an adapter alone, and multiply the others?"""
    return all(
        _answers(operators, name, add, dtype)
        for name in OPERATORS
        for add in (True, False)
        for dtype in (torch.float32, torch.bfloat16)
    )


# Two adapters, the last slot among them, which is what a slot of -1 would pick: two runs of slot 1,
# and rows without an adapter between them and at the end.
_SLOTS, _LENGTHS = [1, -1, 0, 1, -1], [2, 1, 1, 1, 1]
_ROWS, _IN, _OUT, _OFFSET, _SCALING = sum(_LENGTHS), 8, 5, 2, 0.5


def _answers(operators: Any, name: str, add: bool, dtype: torch.dtype) -> bool:
    """Ask one operator and compare with plain products, row by row."""
    shrinks, slices = name.endswith("shrink"), name.endswith("slice")
    random = torch.Generator().manual_seed(7)
    inputs = torch.randn(_ROWS, _IN, generator=random).to(dtype)
    weights = torch.randn(2, 1, _OUT, _IN, generator=random).to(dtype)
    before = torch.randn(_ROWS, _OFFSET + _OUT, generator=random).to(dtype)
    if shrinks:  # vLLM's buffer between the two products: float32, and zero
        before = torch.zeros(_ROWS, _OUT)
    slots, lengths = torch.tensor(_SLOTS), torch.tensor(_LENGTHS)
    by_row = torch.repeat_interleave(slots, lengths)
    runs = (torch.cumsum(lengths, 0) - lengths, lengths, slots, len(slots), max(_LENGTHS), _ROWS)
    where = (by_row,) if name.startswith("bgmv") else runs
    offset = _OFFSET if slices else 0
    more = (_SCALING,) if shrinks else (offset, _OUT, add) if slices else (add,)

    after = before.clone()
    getattr(operators, name)(inputs, weights, after, *where, *more)
    expected = before.clone()
    for row, slot in enumerate(by_row.tolist()):
        if slot >= 0:
            product = weights[slot, 0].double() @ inputs[row].double()
            product *= _SCALING if shrinks else 1.0
            columns = expected[row, offset : offset + _OUT]
            columns.copy_(columns.double() + product if add else product)
    tolerance = 1e-4 if after.dtype == torch.float32 else 0.1
    untouched = torch.equal(after[by_row < 0], before[by_row < 0])
    return untouched and torch.allclose(after, expected, rtol=tolerance, atol=tolerance)
