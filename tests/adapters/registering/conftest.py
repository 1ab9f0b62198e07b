"""What the trainer leaves."""

import json
from pathlib import Path

import pytest

from tests.deploy.adapter_cases import TRAINED

RECIPE = Path(__file__).parents[1] / "recipe.toml"


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder as the trainer leaves it; the weights are any bytes."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    (folder / "adapter_config.json").write_text(json.dumps(TRAINED), encoding="utf-8")
    return folder
