"""The vLLM plugin by itself, in the engine's environment; test_vllm.py tries it in vLLM."""

import os
import subprocess
from pathlib import Path


def test_the_plugins_arithmetic_is_right(engine_python: Path) -> None:
    """Against plain matrix products: all six operators, both types, base-model rows untouched."""
    script = Path(__file__).with_name("plugin_maths.py")
    run = subprocess.run([engine_python, script], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")


def test_the_8_bit_product_is_close_and_the_trainers(engine_python: Path) -> None:
    """Within 1.5 % of the exact product, row by row, and as the trainer multiplies."""
    script = Path(__file__).with_name("int8_maths.py")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [engine_python, script], capture_output=True, text=True, timeout=240, env=environment
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")
