"""Frozen weights multiplied in 8 bits, forward and backward: the fast way on CPUs without bf16.

Both products of a frozen matrix, ``x W'`` and ``g W``, are taken in int8, with one scale a row of
the activations and one a row of the matrix; LoRA, norms, attention and loss stay in float32. This
is SwitchBack (Wortsman et al. 2023, arXiv 2304.13013) without the weight gradient, which frozen
weights do not have. On CPUs with VNNI an int8 product is about four times as fast as a float32 one.
"""

import shutil
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import torch
from torch import nn

from adapters.training.int8_products import KERNEL, is_right, rows

P = ParamSpec("P")
R = TypeVar("R")


def check() -> None:
    """Raises ValueError on a CPU whose sums of 8-bit products saturate: training would go on, on
    numbers that are wrong without a word."""
    if not is_right(KERNEL):
        raise ValueError(
            'frozen = "int8": this CPU\'s 8-bit products are wrong; take frozen = "float32" or '
            '"bfloat16"'
        )


class Int8Matrix(nn.Module):
    """A frozen [out, in] matrix W, packed for both products: ``times`` is x W', ``back`` is g W,
    both of what ``in_int8`` gives and still to be multiplied with its row scales."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.times, self.back = KERNEL(weight), KERNEL(weight.t())


class Int8Linear(nn.Module):
    """Takes the place of a frozen ``nn.Linear``."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.matrix = Int8Matrix(linear.weight.detach().float())
        bias = None if linear.bias is None else linear.bias.detach().float()
        self.register_buffer("bias", bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[…, in] → […, out]"""
        y = cast(torch.Tensor, _Linear.apply(x, _once(x), self.matrix))  # type: ignore[no-untyped-call]
        return y if self.bias is None else y + self.bias


class Int8Mlp(nn.Module):
    """Takes the place of a frozen SwiGLU block: ``down(silu(gate(x)) * up(x))``."""

    def __init__(self, gate: nn.Linear, up: nn.Linear, down: nn.Linear) -> None:
        super().__init__()
        self.gate, self.up, self.down = (
            Int8Matrix(linear.weight.detach().float()) for linear in (gate, up, down)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[…, hidden] → […, hidden]"""
        return cast(torch.Tensor, _Mlp.apply(x, self))  # type: ignore[no-untyped-call]


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, read: tuple[torch.Tensor, torch.Tensor], matrix: Int8Matrix
    ) -> torch.Tensor:
        ctx.matrix = matrix
        quantised, scale = read
        return matrix.times(quantised).mul_(scale)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # type: ignore[override]
        quantised, scale = in_int8(gradient)
        return ctx.matrix.back(quantised).mul_(scale), None, None


class _Mlp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, mlp: Int8Mlp) -> torch.Tensor:
        quantised, scale = in_int8(x)
        gate, up = mlp.gate.times(quantised), mlp.up.times(quantised)
        inner, inner_scale = _swiglu(gate, up, scale)
        ctx.mlp = mlp
        ctx.save_for_backward(gate, up, scale)
        return mlp.down.times(inner).mul_(inner_scale)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # type: ignore[override]
        gate, up, scale = ctx.saved_tensors
        quantised, row = in_int8(gradient)
        d_gate, gate_row, d_up, up_row = _swiglu_back(
            ctx.mlp.down.back(quantised), row, gate, up, scale
        )
        x = ctx.mlp.gate.back(d_gate).mul_(gate_row)
        return x.addcmul_(ctx.mlp.up.back(d_up), up_row), None


def _once(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``x`` quantised; kept on the tensor, since q, k and v all read the same one."""
    kept = getattr(x, "_int8", None)
    if kept is None:
        kept = x._int8 = in_int8(x.detach())  # type: ignore[attr-defined]
    return cast(tuple[torch.Tensor, torch.Tensor], kept)


def fused(function: Callable[P, R]) -> Callable[P, R]:
    """One pass over memory instead of six, where there is a C++ compiler to make it so."""
    has_compiler = shutil.which("g++") or shutil.which("clang++")
    return torch.compile(function, dynamic=True) if has_compiler else function


@fused
def in_int8(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return rows(x)


def swiglu_gradients(
    inner: torch.Tensor, gate: torch.Tensor, up: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Those of gate and up, given that of ``silu(gate) * up``."""
    sigmoid = torch.sigmoid(gate)
    return inner * up * sigmoid * (1 + gate * (1 - sigmoid)), inner * gate * sigmoid


@fused
def _swiglu(
    gate: torch.Tensor, up: torch.Tensor, scale: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    return rows(torch.nn.functional.silu(gate * scale) * (up * scale))


@fused
def _swiglu_back(
    inner: torch.Tensor,
    row: torch.Tensor,
    gate: torch.Tensor,
    up: torch.Tensor,
    scale: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    d_gate, d_up = swiglu_gradients(inner * row, gate * scale, up * scale)
    return *rows(d_gate), *rows(d_up)
