"""The vLLM plugin by itself, in the engine's environment; test_vllm.py tries it in vLLM."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.real_engine import START_WITHIN, tiny_model

Run = subprocess.CompletedProcess[str]


def test_the_plugins_arithmetic_is_right(engine_python: Path) -> None:
    """Against plain matrix products: all six operators, both types, base-model rows untouched."""
    script = Path(__file__).with_name("plugin_maths.py")
    run = subprocess.run([engine_python, script], capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")


@pytest.mark.parametrize("isa", [None, "AVX512_CORE", "AVX2"])
def test_the_8_bit_product_is_close_and_the_trainers(engine_python: Path, isa: str | None) -> None:
    """Within 1.5 % of the exact product, row by row, by either of vLLM's kernels, in every type,
    and as the trainer multiplies; and within 2.5 % where oneDNN is held to the instructions of a
    CPU whose 8-bit sums saturate."""
    script = Path(__file__).with_name("int8_maths.py")
    run = _held(engine_python, [script], isa)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")
    assert isa is None or "fbgemm fbgemm fbgemm right" in run.stdout


def test_drafts_change_no_answer(engine_python: Path) -> None:
    """In a vLLM of their own: tokens and log-probabilities, with and without."""
    script = Path(__file__).with_name("draft_engine.py")
    model = tiny_model(engine_python) / "model"
    run = subprocess.run(
        [engine_python, script, model], capture_output=True, text=True, timeout=START_WITHIN
    )
    assert run.returncode == 0, run.stderr
    assert "all right" in run.stdout.splitlines(), run.stdout


SERVING = """
import nerve_cpu_fbgemm
nerve_cpu_fbgemm.is_there = lambda: False
import nerve_cpu_int8
nerve_cpu_int8.Int8Config()
"""
TRAINING = """
from adapters.training import int8_products as products
products.KERNEL = products.OneDnn
from adapters.training.int8 import check
check()
"""


@pytest.mark.parametrize(
    ("code", "says"),
    [(SERVING, "take --weights checkpoint"), (TRAINING, 'take frozen = "float32" or "bfloat16"')],
)
@pytest.mark.parametrize("isa", ["AVX512_CORE", "AVX2"])
def test_a_cpu_whose_8_bit_sums_saturate_is_refused_without_fbgemm(
    engine_python: Path, code: str, says: str, isa: str
) -> None:
    """Known products tell: there 256 ones would add up to 2."""
    run = _held(engine_python, ["-c", code], isa)
    assert run.returncode == 1
    assert "products are wrong" in run.stderr and says in run.stderr


def _held(python: Path, words: list[Path | str], isa: str | None) -> Run:
    """Runs it, with oneDNN held to the instructions ``isa``, if any."""
    more = {"PYTHONPATH": str(Path(__file__).parents[3])}
    more |= {"ONEDNN_MAX_CPU_ISA": isa} if isa else {}
    return subprocess.run(
        [python, *words], capture_output=True, text=True, timeout=240, env=os.environ | more
    )
