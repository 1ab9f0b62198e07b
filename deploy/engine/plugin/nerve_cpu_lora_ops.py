"""LoRA products for vLLM's CPU back end: one matrix product per adapter in the batch.

vLLM's own (``vllm/lora/ops/torch_ops/lora_ops.py``) index the stacked weights with each row's
slot. A row without an adapter has slot -1, which picks the *last* slot, so a base-model request
gets an adapter's answer; and the index makes a full copy of the weights for every row. Here the
rows are grouped by slot, and rows with slot -1 are left as they are. A slot has a matrix for every
layer and of the largest rank, zeros where its adapter has none: those are not multiplied.

Names and parameters are vLLM's: *shrink* multiplies by lora_A, *expand* by lora_B, *sgmv* gets
slots by run of rows, *bgmv* by row. Shapes: ``inputs`` (rows, in), ``weights`` (slots, 1, out, in)
or (slots, out, in), ``output_tensor`` (rows, >= out), changed in place.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch.utils.weak import WeakIdKeyDictionary

Rows = slice | torch.Tensor


def bgmv_shrink(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,  # lora_A, but the parameter's name is vLLM's
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    scaling: float = 1.0,
) -> None:
    """``output = scaling * inputs @ A.T``."""
    groups = by_row(lora_indices_tensor)
    _multiply(groups, inputs, lora_b_weights, output_tensor, scaling=scaling, add=False)


def sgmv_shrink(
    inputs: torch.Tensor,
    lora_a_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    scaling: float,
) -> None:
    """``output = scaling * inputs @ A.T``."""
    groups = _by_run(lora_indices_tensor, seq_len_tensor)
    _multiply(groups, inputs, lora_a_weights, output_tensor, scaling=scaling, add=False)


def bgmv_expand(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    add_inputs: bool = True,
) -> None:
    """``output (+)= inputs @ B.T``."""
    groups = by_row(lora_indices_tensor)
    _multiply(groups, inputs, lora_b_weights, output_tensor, add=add_inputs)


def sgmv_expand(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    add_inputs: bool = False,
) -> None:
    """``output (+)= inputs @ B.T``."""
    groups = _by_run(lora_indices_tensor, seq_len_tensor)
    _multiply(groups, inputs, lora_b_weights, output_tensor, add=add_inputs)


def bgmv_expand_slice(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    slice_offset: int,
    slice_size: int,
    add_inputs: bool = True,
) -> None:
    """``output[:, offset:offset + size] (+)= inputs @ B.T``."""
    columns = output_tensor[:, slice_offset : slice_offset + slice_size]
    _multiply(by_row(lora_indices_tensor), inputs, lora_b_weights, columns, add=add_inputs)


def sgmv_expand_slice(
    inputs: torch.Tensor,
    lora_b_weights: torch.Tensor,
    output_tensor: torch.Tensor,
    b_seq_start_loc: torch.Tensor,
    seq_len_tensor: torch.Tensor,
    lora_indices_tensor: torch.Tensor,
    batches: int,
    max_seq_length: int,
    token_nums: int,
    slice_offset: int,
    slice_size: int,
    add_inputs: bool = False,
) -> None:
    """``output[:, offset:offset + size] (+)= inputs @ B.T``."""
    columns = output_tensor[:, slice_offset : slice_offset + slice_size]
    groups = _by_run(lora_indices_tensor, seq_len_tensor)
    _multiply(groups, inputs, lora_b_weights, columns, add=add_inputs)


def _multiply(
    groups: tuple[tuple[int, Rows], ...],
    inputs: torch.Tensor,
    weights: torch.Tensor,
    output: torch.Tensor,
    *,
    add: bool,
    scaling: float = 1.0,
) -> None:
    for slot, rows in groups:
        height, width = used(weights, slot)
        matrix = weights[slot].reshape(weights.shape[-2:])[:height, :width]
        # The adapter may be padded further than the layer, or the layer further than the adapter.
        padded = min(weights.shape[-2], output.shape[1])
        height = min(height, padded)
        if not add:
            output[rows, height:padded] = 0
        if not height:
            continue
        # In float32, as the GPU kernels accumulate; without bf16 instructions it is faster, too.
        product = inputs[rows, :width].float() @ matrix[:height].float().T
        product = product if scaling == 1.0 else product * scaling
        if add:
            output[rows, :height] += product.to(output.dtype)
        else:
            output[rows, :height] = product.to(output.dtype)


# Stacked weights -> by slot, their version when they were looked at, and what ``used`` says.
_LOOKED_AT: Any = WeakIdKeyDictionary()


def used(weights: torch.Tensor, slot: int) -> tuple[int, int]:
    """Rows and columns of the slot's matrix up to the last that is not all zeros.

    Looked up again only when the weights have been written to, which is when an adapter is loaded.
    """
    if weights.is_inference():  # such tensors have no version
        return weights.shape[-2], weights.shape[-1]
    of_slots = _LOOKED_AT.setdefault(weights, {})
    version, extent = of_slots.get(slot, (None, (0, 0)))
    if version != weights._version:
        filled = weights[slot].reshape(weights.shape[-2:]) != 0
        extent = _end(filled.any(dim=1)), _end(filled.any(dim=0))
        of_slots[slot] = weights._version, extent
    return extent


def _end(filled: torch.Tensor) -> int:
    places = filled.nonzero()
    return int(places[-1]) + 1 if len(places) else 0


def by_row(slots: torch.Tensor) -> tuple[tuple[int, Rows], ...]:
    return _grouped(tuple(slots.tolist()), (1,) * slots.numel())


def _by_run(slots: torch.Tensor, lengths: torch.Tensor) -> tuple[tuple[int, Rows], ...]:
    return _grouped(tuple(slots.tolist()), tuple(lengths.tolist()))


# One step of the engine asks for the same grouping once per LoRA layer: hundreds of times.
@lru_cache(maxsize=16)
def _grouped(slots: tuple[int, ...], lengths: tuple[int, ...]) -> tuple[tuple[int, Rows], ...]:
    """(slot, its rows) for each slot in the batch but -1; one run of rows is a slice (no copy)."""
    runs: dict[int, list[slice]] = {}
    for slot, run in _merged(slots, lengths):
        if slot >= 0:
            runs.setdefault(slot, []).append(run)
    return tuple((slot, _rows(of_slot)) for slot, of_slot in runs.items())


def _merged(slots: tuple[int, ...], lengths: tuple[int, ...]) -> Iterator[tuple[int, slice]]:
    """Runs of rows, neighbours of one slot made one."""
    start = stop = 0
    for position, (slot, length) in enumerate(zip(slots, lengths, strict=True)):
        stop += length
        if position + 1 == len(slots) or slots[position + 1] != slot:
            yield slot, slice(start, stop)
            start = stop


def _rows(runs: list[slice]) -> Rows:
    if len(runs) == 1:
        return runs[0]
    return torch.cat([torch.arange(run.start, run.stop) for run in runs])
