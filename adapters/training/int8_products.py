"""Products of whole numbers in 8 bits on the CPU: by oneDNN, or by FBGEMM where its sums saturate.

x86 CPUs without VNNI and AMX add two products of 8-bit numbers in 16 bits, and what does not fit is
cut off without a word. With the matrix in 7 bits it always fits (2 * 255 * 63 < 2 ** 15), and
FBGEMM (arXiv 2101.05615, in torch) is the faster one there. The engine multiplies by these rules.
"""

import warnings
from typing import cast

import torch

_ZERO = 128  # both want unsigned activations: 0 is 128


class OneDnn:
    """``x W'`` for a frozen [out, in] matrix W, still to be multiplied with x's row scales."""

    def __init__(self, weight: torch.Tensor) -> None:
        whole, self.scale = _rounded(weight, 127)
        self.zero = torch.zeros(len(whole), dtype=torch.int32)
        self.packed = torch.ops.onednn.qlinear_prepack(whole, None)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[rows, in] of ``rows`` → [rows, out] in float32."""
        end: tuple[object, ...] = (None, 1.0, 0, torch.float32, "none", [], "")
        product = torch.ops.onednn.qlinear_pointwise(
            x, 1.0, _ZERO, self.packed, self.scale, self.zero, *end
        )
        return cast(torch.Tensor, product)

    @staticmethod
    def operand(x: torch.Tensor) -> torch.Tensor:
        """Numbers between -127 and 127 as they are multiplied."""
        return (x + _ZERO).round().to(torch.uint8)


class Fbgemm:
    """The same by FBGEMM."""

    def __init__(self, weight: torch.Tensor) -> None:
        whole, scale = _rounded(weight, 63)
        zeros = torch.zeros(len(scale), dtype=torch.int64)
        with warnings.catch_warnings():  # a later torch will have no such tensors; ours is pinned
            warnings.simplefilter("ignore", UserWarning)
            matrix = torch._make_per_channel_quantized_tensor(whole, scale.double(), zeros, 0)
        before, torch.backends.quantized.engine = torch.backends.quantized.engine, "fbgemm"
        self.packed = torch.ops.quantized.linear_prepack(matrix, None)
        torch.backends.quantized.engine = before

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[rows, in] of ``rows`` → [rows, out] in float32."""
        product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            x, 1.0, _ZERO, self.packed
        )
        return cast(torch.Tensor, product)

    @staticmethod
    def operand(x: torch.Tensor) -> torch.Tensor:
        """It rounds itself."""
        return x


def rows(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``x`` as ``KERNEL`` takes it, and the scale of each row."""
    scale = x.abs().amax(dim=-1, keepdim=True).clamp_min(1e-20) / 127
    return KERNEL.operand(x / scale), scale


def is_right(kernel: type[OneDnn] | type[Fbgemm]) -> bool:
    """The largest numbers have the sums that saturate first: 256 ones would add up to 2."""
    ones = torch.ones(64, 256)
    product = kernel(ones)(kernel.operand(ones * 127)) / 127
    return torch.allclose(product, torch.tensor(256.0))


def _rounded(weight: torch.Tensor, largest: int) -> tuple[torch.Tensor, torch.Tensor]:
    scale = weight.abs().amax(dim=1).clamp_min(1e-20) / largest
    return (weight / scale[:, None]).round().to(torch.int8).contiguous(), scale


def _choose() -> type[OneDnn] | type[Fbgemm]:
    has_fbgemm = "fbgemm" in torch.backends.quantized.supported_engines
    return Fbgemm if has_fbgemm and not is_right(OneDnn) else OneDnn


KERNEL = _choose()
