"""Fixtures of the tests of commands."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BASE
from tests.deploy.adapter_cases import ROWS, written
from tests.deploy.doctor.cases import CONFIG, Put
from tests.support.fake_engine import FakeEngine


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """A file of three rows."""
    return str(written(tmp_path / "rows.json", ROWS))


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes an adapter of tmp_path/adapters; ``config`` and the manifest's keys can be changed."""

    def write(name: str = "clue", config: dict[str, Any] | None = None, **manifest: Any) -> Path:
        folder = tmp_path / "adapters" / name
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(b"weights")
        (folder / "adapter_config.json").write_text(json.dumps(CONFIG | (config or {})))
        fields = {
            "name": name,
            "base": BASE,
            "weights": "adapter_model.safetensors",
            "sha256": hashlib.sha256(b"weights").hexdigest(),
            "rank": 64,
            "prompt": "zh-lines-1",
            "format": "lines",
            "max_chars": 256,
        }
        rows = [f"{key} = {json.dumps(value)}" for key, value in (fields | manifest).items()]
        (folder / "adapter.toml").write_text("\n".join([*rows, '[[labels]]\nname = "name"\n']))
        return folder

    return write


@pytest.fixture
def engine() -> FakeEngine:
    """Serves the base model only, until more is put into ``models``."""
    return FakeEngine(BASE)
