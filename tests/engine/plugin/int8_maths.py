"""Run with the engine's Python: is the 8-bit product close to the exact one, and the trainer's?

Standard output says what was checked; any failure is an AssertionError. Both of vLLM's kernels are
asked: SGLang's, which it takes on CPUs with AMX, runs on any CPU with AVX512-VNNI. Where oneDNN is
held to fewer instructions, or the CPU has none for 8-bit sums, FBGEMM takes their place.
"""

import os

import nerve_cpu_int8 as plugin  # type: ignore[import-not-found]
import torch
from vllm.model_executor.kernels.linear.scaled_mm import cpu

RANDOM = torch.Generator().manual_seed(3)
# Both operands are rounded to 1/127 of their row's largest value; FBGEMM's matrix to 1/63.
TOLERANCE = {"sgl": 0.015, "onednn": 0.015, "fbgemm": 0.025}


def normal(*shape: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """Random values of a fixed seed."""
    return torch.randn(*shape, generator=RANDOM).to(dtype)


def take(amx: bool) -> None:
    """From here on vLLM believes that the CPU has AMX, or has not."""
    cpu.check_cpu_sgl_kernel = lambda n, k, dtype: amx
    plugin.vllm_is_right.cache_clear()


def kernel_of(product: plugin.Product) -> str:
    """Which of vLLM's two it is, or FBGEMM."""
    if not isinstance(product, plugin.VllmProduct):
        return "fbgemm"
    return str(product.kernel.linear_method.__name__).removeprefix("_apply_weights_")


def check_the_product(rows: int, dtype: torch.dtype, kernel: str) -> None:
    """Against the exact product; a row whose values are 100 times larger harms no other."""
    weight, x, bias = (normal(*shape, dtype=dtype) for shape in ((192, 256), (rows, 256), (192,)))
    x[0] *= 100
    served = plugin.int8_product(weight)
    assert kernel_of(served) == kernel, (kernel_of(served), kernel, dtype)
    product = served(x, bias)
    assert product.dtype == dtype
    exact = x.float() @ weight.float().T + bias.float()
    wrong = (product.float() - exact).norm(dim=1) / exact.norm(dim=1)
    assert wrong.max() < TOLERANCE[kernel], (wrong, dtype, kernel)


def check_it_is_the_trainers() -> None:
    """The trainer multiplies frozen matrices by the same rule (adapters/training/int8.py)."""
    from adapters.training.int8 import Int8Matrix
    from adapters.training.int8_products import rows

    weight, x = normal(192, 256), normal(7, 256)
    quantised, scale = rows(x.float())
    trained = Int8Matrix(weight.float()).times(quantised) * scale
    served = plugin.int8_product(weight)(x, None).float()
    # What is left is the rounding of the result to bf16, and of ties.
    assert (trained - served).norm() / trained.norm() < 0.005


def expected(amx: bool, dtype: torch.dtype, sums: bool) -> str:
    """The kernel that is to be taken, on a CPU that has ``sums`` of 8-bit products or has not."""
    if not sums:
        return "fbgemm"
    return "sgl" if amx and dtype == torch.bfloat16 else "onednn"


if __name__ == "__main__":
    has = torch.cpu.get_capabilities()
    sums = "ONEDNN_MAX_CPU_ISA" not in os.environ and (
        has.get("avx512_vnni") or has.get("avx_vnni")
    )
    for amx in (False, True) if sums and has.get("avx512_vnni") else (False,):
        take(amx)
        plugin.Int8Config()
        for dtype in plugin.DTYPES:
            for rows in (1, 7, 64):
                check_the_product(rows, dtype, expected(amx, dtype, sums))
        check_it_is_the_trainers()
        print(*(expected(amx, dtype, sums) for dtype in plugin.DTYPES), "right")
    print("all right")
