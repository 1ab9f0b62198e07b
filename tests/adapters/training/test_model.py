"""What is trained is what was asked for, in the engine's environment."""

import subprocess
from pathlib import Path

import pytest

from tests.adapters.training.training_runs import RECIPE, refused
from tests.engine.real_engine import ROOT

pytestmark = pytest.mark.engine

# Phi-3 has query, key and value in one matrix, qkv_proj.
FUSED = """
import sys
from pathlib import Path
from transformers import Phi3Config, Phi3ForCausalLM
from adapters.recipe_tables import Lora
from adapters.training.model import with_lora

base = Path(sys.argv[1])
sizes = dict(hidden_size=64, intermediate_size=64, num_attention_heads=2, num_key_value_heads=2)
config = Phi3Config(vocab_size=64, num_hidden_layers=2, pad_token_id=0, **sizes)
Phi3ForCausalLM(config).save_pretrained(base)
for targets in (("o_proj", "q_proj"), ("q_proj", "v_proj")):
    try:
        with_lora(base, Lora(8, 16, 0.0, targets, 0, 1), "float32")
    except ValueError as exc:
        print(exc)
"""


def test_layers_that_the_base_does_not_have_are_refused(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """The card would name them."""
    recipe.write_text(RECIPE.replace("last_layer = 1", "last_layer = 99"), encoding="utf-8")
    said = refused(trainer, tiny_base, recipe, tmp_path / "work")
    assert said == "nerve: lora.last_layer = 99; expected up to 1: model has 2 layers"


def test_matrices_that_the_base_does_not_have_are_refused(trainer: Path, tmp_path: Path) -> None:
    """PEFT adapts those that are there, and says nothing of the others."""
    run = subprocess.run(
        [trainer, "-c", FUSED, tmp_path / "fused"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    some, none = run.stdout.splitlines()
    assert some.startswith("lora.targets has q_proj, which fused does not have in layer 0")
    assert none.startswith("lora.targets = ['q_proj', 'v_proj'], of fused: Target modules")
