"""vLLM plugin (entry-point group ``vllm.general_plugins``): LoRA on the CPU back end, made right.

It asks the installed vLLM's LoRA operators a question with a known answer. Where they are right,
or where the platform is not the CPU, it steps aside with a log line; else it puts its own
(``nerve_cpu_lora_ops``) in their place, once those have given the right answer here. Linear layers,
which are nearly all of LoRA, get faster products of their own (``nerve_cpu_lora_linear``) in the
same way.
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
    places = [importlib.import_module(place) for place in PLACES]
    install(places)
    install_linear(places[-1].PunicaWrapperCPU)


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


def install_linear(wrapper: Any) -> bool:
    """Give vLLM's wrapper of LoRA for the CPU our linear layers, if those are right here."""
    import nerve_cpu_lora_linear as linear

    trial = type("Trial", (wrapper,), {})
    try:
        linear.install(trial)
        right = all(linear_is_right(trial, dtype) for dtype in (torch.float32, torch.bfloat16))
    except (AttributeError, RuntimeError, TypeError) as exc:  # another vLLM, or without oneDNN
        log.warning("LoRA's linear layers stay vLLM's, which are slower: %s", exc)
        return False
    if not right:
        log.warning("LoRA's linear layers stay vLLM's, which are slower: ours are wrong here.")
        return False
    linear.install(wrapper)
    log.info("LoRA's linear layers multiply matrices prepared when they are loaded.")
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


def linear_is_right(wrapper: Any, dtype: torch.dtype) -> bool:
    """Ask a wrapper for one layer of two slices, and compare with plain products, row by row."""
    from vllm.lora.layers import LoRAMapping

    random = torch.Generator().manual_seed(7)
    by_row = torch.repeat_interleave(torch.tensor(_SLOTS), torch.tensor(_LENGTHS))
    outs, rank = (_OUT, 2 * _OUT), 4
    x, before = (torch.randn(_ROWS, n, generator=random).to(dtype) for n in (_IN, sum(outs)))
    lora_a = tuple(torch.randn(2, 1, rank, _IN, generator=random).to(dtype) for _ in outs)
    lora_b = tuple(torch.randn(2, 1, out, rank, generator=random).to(dtype) for out in outs)
    asked = wrapper(max_num_batched_tokens=_ROWS, max_batches=_ROWS, device="cpu")
    ids = tuple(slot + 1 for slot in by_row.tolist())  # 0: without an adapter
    asked.update_metadata(LoRAMapping(ids, ids, is_prefill=True), [1, 2], 2, 100)
    after = before.clone()
    asked.add_lora_linear(after, x, lora_a, lora_b, _SCALING, outs)
    expected = before.double()
    for row, slot in enumerate(by_row.tolist()):
        parts = zip(lora_a, lora_b, expected[row].split(outs), strict=True)
        for a, b, columns in parts if slot >= 0 else ():
            columns += b[slot, 0].double() @ (a[slot, 0].double() @ x[row].double()) * _SCALING
    untouched = torch.equal(after[by_row < 0], before[by_row < 0])
    return untouched and torch.allclose(after.double(), expected, rtol=0.05, atol=0.1)
