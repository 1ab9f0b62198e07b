"""A SwiGLU block whose three matrices are adapted: int8 for the frozen part, float32 for LoRA.

The same sums as PEFT's layers make (``W x + scaling B A x``, Hu et al. 2021, arXiv 2106.09685),
with fewer passes over the wide activations, which is what costs on a CPU: what LoRA adds goes into
the product in place, and gate, up and their gradients are kept once.
"""

from typing import Any, cast

import torch
from torch import nn

from adapters.training.int8 import Int8Linear, Int8Matrix, fused, in_int8, swiglu_gradients
from adapters.training.int8_products import rows

_ADAPTER = "default"


class Int8LoraMlp(nn.Module):
    """Takes the place of a SwiGLU block of PEFT layers, under their names; without dropout."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = (
            _with_int8(getattr(block, name)) for name in ("gate_proj", "up_proj", "down_proj")
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[…, hidden] → […, hidden]"""
        parts = (self.gate_proj, self.up_proj, self.down_proj)
        learned = (side[_ADAPTER].weight for part in parts for side in (part.lora_A, part.lora_B))
        y = _LoraMlp.apply(x.flatten(0, -2), parts, *learned)  # type: ignore[no-untyped-call]
        return cast(torch.Tensor, y).view_as(x)


class _LoraMlp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, parts: Any, *learned: torch.Tensor) -> torch.Tensor:
        gate_part, up_part, down_part = ctx.parts = [_Part(part) for part in parts]
        gate_a, gate_b, up_a, up_b, down_a, down_b = learned
        read = in_int8(x)
        gate, gate_low = gate_part.product(x, read, gate_a, gate_b)
        up, up_low = up_part.product(x, read, up_a, up_b)
        inner, *inner_read = _swiglu(gate, up)
        y, down_low = down_part.product(inner, inner_read, down_a, down_b)
        ctx.save_for_backward(x, gate, up, inner, gate_low, up_low, down_low, *learned)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # type: ignore[override]
        x, gate, up, inner, gate_low, up_low, down_low, *learned = ctx.saved_tensors
        gate_a, gate_b, up_a, up_b, down_a, down_b = learned
        gate_part, up_part, down_part = ctx.parts
        d_inner, *down = down_part.back(
            gradient, in_int8(gradient), inner, down_low, down_a, down_b
        )
        d_gate, gate_rows, gate_scale, d_up, up_rows, up_scale = _swiglu_back(d_inner, gate, up)
        by_gate, *gates = gate_part.back(
            d_gate, (gate_rows, gate_scale), x, gate_low, gate_a, gate_b
        )
        by_up, *ups = up_part.back(d_up, (up_rows, up_scale), x, up_low, up_a, up_b)
        return by_gate.add_(by_up), None, *gates, *ups, *down


class _Part:
    """One adapted matrix: a frozen one in int8, and ``scaling``."""

    def __init__(self, layer: Any) -> None:
        self.matrix: Int8Matrix = layer.base_layer.matrix
        self.scaling: float = layer.scaling[_ADAPTER]

    def product(
        self, x: torch.Tensor, read: Any, a: torch.Tensor, b: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``W x + scaling B A x`` and ``A x``; ``read`` is x in int8 with its scales."""
        low = x @ a.t()
        whole, scale = read
        return self.matrix.times(whole).mul_(scale).addmm_(low, b.t(), alpha=self.scaling), low

    def back(
        self,
        gradient: torch.Tensor,
        read: Any,
        x: torch.Tensor,
        low: torch.Tensor,
        a: torch.Tensor,
        b: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The gradients of x, A and B."""
        d_low = (gradient @ b).mul_(self.scaling)
        whole, scale = read
        d_x = self.matrix.back(whole).mul_(scale).addmm_(d_low, a)
        return d_x, d_low.t() @ x, (gradient.t() @ low).mul_(self.scaling)


def _with_int8(layer: Any) -> Any:
    layer.base_layer = Int8Linear(layer.base_layer)
    return layer


@fused
def _swiglu(
    gate: torch.Tensor, up: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    inner = nn.functional.silu(gate) * up
    return inner, *rows(inner)


@fused
def _swiglu_back(inner: torch.Tensor, gate: torch.Tensor, up: torch.Tensor) -> Any:
    d_gate, d_up = swiglu_gradients(inner, gate, up)
    return d_gate, *rows(d_gate), d_up, *rows(d_up)
