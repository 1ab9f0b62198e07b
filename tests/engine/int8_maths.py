"""Run with the engine's Python: is the 8-bit product close to the exact one, and the trainer's?

Standard output says what was checked; any failure is an AssertionError.
"""

import nerve_cpu_int8 as plugin  # type: ignore[import-not-found]
import torch

RANDOM = torch.Generator().manual_seed(3)
# Both operands are rounded to 1/127 of their row's largest value.
TOLERANCE = 0.015


def normal(*shape: int) -> torch.Tensor:
    """Random bf16 values of a fixed seed."""
    return torch.randn(*shape, generator=RANDOM).bfloat16()


def check_the_product(rows: int) -> None:
    """Against the exact product; a row whose values are a thousand times larger harms no other."""
    weight, x, bias = normal(192, 256), normal(rows, 256), normal(192)
    x[0] *= 1000
    product = plugin.Int8Product(weight)(x, bias).float()
    exact = x.float() @ weight.float().T + bias.float()
    wrong = (product - exact).norm(dim=1) / exact.norm(dim=1)
    assert wrong.max() < TOLERANCE, wrong


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
    torch.set_default_dtype(torch.bfloat16)  # as vLLM does while it loads a bf16 model
    for rows in (1, 7, 64):
        check_the_product(rows)
    check_it_is_the_trainers()
    print("all right")
