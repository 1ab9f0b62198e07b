"""LoRA of a linear layer on the CPU: matrices that are prepared when they are loaded.

vLLM multiplies each slice of a layer (query, key and value are three) by a small A and a small B,
in the layout and with the padding of its slots. Here what a slot holds of a layer becomes one A
for all slices, and one B, packed by oneDNN for this CPU: in bfloat16 where the CPU multiplies it,
else in float32. A layer without an adapter has no products, and neither has a batch without one.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

import nerve_cpu_lora_ops as slots
import torch
from vllm import _custom_ops as ops

Tensors = Sequence[torch.Tensor]
# The slices' B as one matrix, with zeros between them, costs less than a product for each, up to
# as many elements as this: query, key and value of a small model, not gate and up.
_ONE_B = 1 << 20
# Shapes (numbers of rows) whose code oneDNN keeps for a matrix.
_SHAPES = 128


@cache
def dtype_of_products() -> torch.dtype:
    """bfloat16 where the CPU multiplies it: it adds up in float32, as float32 does."""
    can = torch.cpu.get_capabilities()
    return torch.bfloat16 if can.get("avx512_bf16") or can.get("amx_bf16") else torch.float32


class Product:
    """``x @ matrix.T``; ``matrix`` is [out, in]."""

    def __init__(self, matrix: torch.Tensor) -> None:
        self.dtype = dtype_of_products()
        self.handler = ops.create_onednn_mm(matrix.to(self.dtype).t(), _SHAPES)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        product: torch.Tensor = ops.onednn_mm(self.handler, x.to(self.dtype), None)
        return product


class Slot:
    """One adapter's part of one layer."""

    def __init__(self, lora_a: Tensors, lora_b: Tensors) -> None:
        """A of each slice, [rank, in], and B, [out, rank], of the slices' own ranks."""
        self.a = Product(torch.cat([*lora_a]))
        one = len(lora_b) == 1 or sum(map(len, lora_a)) * sum(map(len, lora_b)) <= _ONE_B
        # Each product with its columns of the middle and of the output.
        self.b = (
            [(Product(torch.block_diag(*lora_b)), slice(None), slice(None))]
            if one
            else [
                (Product(matrix), part, columns)
                for matrix, part, columns in zip(lora_b, _ends(lora_a), _ends(lora_b), strict=True)
                if matrix.numel()
            ]
        )

    def add(self, y: torch.Tensor, x: torch.Tensor, scale: float) -> None:
        """``y += x @ A.T @ B.T * scale``, in place."""
        middle = self.a(x)
        middle = middle if scale == 1.0 else middle * scale
        for product, part, columns in self.b:
            y[:, columns] += product(middle[:, part]).to(y.dtype)


def _ends(matrices: Tensors) -> list[slice]:
    stops = [*accumulate(len(matrix) for matrix in matrices)]
    return [slice(*ends) for ends in zip([0, *stops], stops, strict=False)]


class Layer:
    """What the slots of one layer hold, prepared again when its weights have been written to,
    which is when an adapter is loaded."""

    def __init__(self, lora_a: Tensors, lora_b: Tensors, outs: Sequence[int]) -> None:
        self._a, self._b, self._outs = lora_a, lora_b, outs
        self._all = [*lora_a, *lora_b]
        self._slots: dict[int, tuple[list[int], Slot | None]] = {}

    def slot(self, index: int) -> Slot | None:
        """None where the slot's adapter has nothing for this layer."""
        versions = [matrix._version for matrix in self._all]
        known = self._slots.get(index)
        if known is None or known[0] != versions:
            known = versions, _prepare(index, self._a, self._b, self._outs)
            self._slots[index] = known
        return known[1]


def _prepare(index: int, lora_a: Tensors, lora_b: Tensors, outs: Sequence[int]) -> Slot | None:
    narrow_a, narrow_b = [], []
    for stacked_a, stacked_b, out in zip(lora_a, lora_b, outs, strict=True):
        rank = min(slots.used(stacked_a, index)[0], slots.used(stacked_b, index)[1])
        matrix = stacked_b[index, 0]
        # The adapter may be padded further than the layer, or the layer further than the adapter.
        rows = matrix.new_zeros(out, rank)
        rows[: len(matrix)] = matrix[:out, :rank]
        narrow_a.append(stacked_a[index, 0, :rank])
        narrow_b.append(rows)
    return Slot(narrow_a, narrow_b) if any(len(matrix) for matrix in narrow_a) else None


def install(wrapper: Any) -> None:
    """Give vLLM's ``PunicaWrapperCPU``, or a class like it, linear layers as above."""
    update, theirs = wrapper.update_metadata, wrapper.add_lora_linear

    def update_metadata(self: Any, *arguments: Any, **named: Any) -> None:
        update(self, *arguments, **named)
        # Once a step, not once a layer.
        self.nerve_groups = slots.by_row(self.token_lora_indices)

    wrapper.update_metadata = update_metadata
    wrapper.add_lora_linear = _add_lora_linear(theirs)


def _add_lora_linear(theirs: Callable[..., None]) -> Callable[..., None]:
    def add_lora_linear(
        self: Any,
        y: torch.Tensor,
        x: torch.Tensor,
        lora_a_stacked: Tensors,
        lora_b_stacked: Tensors,
        scale: float,
        output_slices: Sequence[int],
        **more: Any,
    ) -> None:
        layer = _layer(lora_a_stacked, lora_b_stacked, output_slices)
        if layer is None or y.shape[-1] != sum(output_slices):
            theirs(self, y, x, lora_a_stacked, lora_b_stacked, scale, output_slices, **more)
            return
        x, y = x.view(-1, x.shape[-1]), y.view(-1, y.shape[-1])
        for index, rows in self.nerve_groups:
            slot = layer.slot(index)
            if slot is None:
                continue
            if rows == slice(0, len(x)):
                slot.add(y, x, scale)
            elif isinstance(rows, slice):
                slot.add(y[rows], x[rows], scale)
            else:
                part = y[rows]
                slot.add(part, x[rows], scale)
                y[rows] = part

    return add_lora_linear


def _layer(lora_a: Tensors, lora_b: Tensors, outs: Sequence[int]) -> Layer | None:
    """Kept on the weights themselves, which live as long; None for tensors that do not say when
    they are written to."""
    first = lora_a[0]
    if not hasattr(first, "nerve_layer"):
        silent = any(matrix.is_inference() for matrix in (*lora_a, *lora_b))
        first.nerve_layer = None if silent else Layer(lora_a, lora_b, outs)
    return first.nerve_layer
