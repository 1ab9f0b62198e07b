"""A small recipe in a folder of its own."""

import json
from pathlib import Path

import pytest

from tests.adapters.training.training_runs import RECIPE


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A small recipe and, beside it, ``data.json``: made-up rows in CLUENER's form."""
    rows = (
        {"text": f"浙商银行{number}号，叶老桂", "label": {"company": {"浙商银行": [[0, 3]]}}}
        for number in range(60)
    )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "data.json").write_text(lines, encoding="utf-8")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path
