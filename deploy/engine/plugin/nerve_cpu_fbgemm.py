"""8-bit products on x86 CPUs that have AVX2 and no VNNI, by FBGEMM (arXiv 2101.05615), in torch.

Such a CPU adds two products of 8-bit numbers in 16 bits, and what does not fit is cut off without a
word. With the matrix in 7 bits it always fits: 2 * 255 * 63 < 2 ** 15. It is the matrix that loses
the bit, since activations have the outliers that each row's scale must leave room for.
"""

import warnings

import torch

_LARGEST = 63  # of a matrix's whole numbers
_ZERO = 128  # FBGEMM wants unsigned activations: 0 is 128


class FbgemmProduct:
    """x W' + bias; ``weight`` is [out, in], rounded with one scale a row, and x likewise."""

    def __init__(self, weight: torch.Tensor) -> None:
        scale = weight.float().abs().amax(dim=1).clamp_min(1e-20) / _LARGEST
        whole = (weight / scale[:, None]).round().to(torch.int8)
        zeros = torch.zeros(len(scale), dtype=torch.int64)
        with warnings.catch_warnings():  # a later torch will have no such tensors; ours is pinned
            warnings.simplefilter("ignore", UserWarning)
            matrix = torch._make_per_channel_quantized_tensor(whole, scale.double(), zeros, 0)
        before, torch.backends.quantized.engine = torch.backends.quantized.engine, "fbgemm"
        self.packed = torch.ops.quantized.linear_prepack(matrix, None)
        torch.backends.quantized.engine = before

    def __call__(self, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        scale = x.abs().amax(dim=-1, keepdim=True).float().clamp_min(1e-20) / 127
        whole = x / scale  # float32, to be rounded
        product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(
            whole, 1.0, _ZERO, self.packed
        ).mul_(scale)
        return (product if bias is None else product.add_(bias)).to(x.dtype)


def is_there() -> bool:
    """Has torch the kernel for this CPU?"""
    return "fbgemm" in torch.backends.quantized.supported_engines
