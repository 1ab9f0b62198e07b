"""Run with the engine's Python: is the 8-bit product close to the exact one, and the trainer's?

Standard output says what was checked; any failure is an AssertionError. Both of vLLM's kernels are
asked: SGLang's, which it takes on CPUs with AMX, runs on any CPU with AVX512-VNNI.
"""

import nerve_cpu_int8 as plugin  # type: ignore[import-not-found]
import torch
from vllm.model_executor.kernels.linear.scaled_mm import cpu

RANDOM = torch.Generator().manual_seed(3)
# Both operands are rounded to 1/127 of their row's largest value.
TOLERANCE = 0.015


def normal(*shape: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """Random values of a fixed seed."""
    return torch.randn(*shape, generator=RANDOM).to(dtype)


def take(amx: bool) -> None:
    """From here on vLLM believes that the CPU has AMX, or has not."""
    cpu.check_cpu_sgl_kernel = lambda n, k, dtype: amx
    plugin.is_right.cache_clear()


def kernel_of(product: plugin.Int8Product) -> str:
    """Which of vLLM's two it is."""
    return str(product.kernel.linear_method.__name__).removeprefix("_apply_weights_")


def check_the_product(rows: int, dtype: torch.dtype, kernel: str) -> None:
    """Against the exact product; a row whose values are 100 times larger harms no other."""
    weight, x, bias = (normal(*shape, dtype=dtype) for shape in ((192, 256), (rows, 256), (192,)))
    x[0] *= 100
    served = plugin.Int8Product(weight)
    assert kernel_of(served) == kernel, (kernel_of(served), kernel, dtype)
    product = served(x, bias)
    assert product.dtype == dtype
    exact = x.float() @ weight.float().T + bias.float()
    wrong = (product.float() - exact).norm(dim=1) / exact.norm(dim=1)
    assert wrong.max() < TOLERANCE, (wrong, dtype, kernel)


def check_it_is_the_trainers() -> None:
    """The trainer multiplies frozen matrices by the same rule (adapters/training/int8.py)."""
    from adapters.training.int8 import Int8Matrix, rows

    weight, x = normal(192, 256), normal(7, 256)
    quantised, scale = rows(x.float())
    trained = Int8Matrix(weight.float()).times(quantised) * scale
    served = plugin.Int8Product(weight)(x, None).float()
    # What is left is the rounding of the result to bf16, and of ties.
    assert (trained - served).norm() / trained.norm() < TOLERANCE / 3


if __name__ == "__main__":
    has_vnni = torch.cpu.get_capabilities().get("avx512_vnni", False)
    for amx in (False, True) if has_vnni else (False,):
        take(amx)
        for dtype in plugin.DTYPES:
            assert plugin.is_right(dtype), dtype
            for rows in (1, 7, 64):
                kernel = "sgl" if amx and dtype == torch.bfloat16 else "onednn"
                check_the_product(rows, dtype, kernel)
        check_it_is_the_trainers()
        print("with" if amx else "without", "the kernel for AMX: right")
    print("all right")
