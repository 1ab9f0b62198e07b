"""Where the base model itself answers requests that name no model, it is said."""

from pathlib import Path

import pytest

from service.app import create_app
from service.settings import Settings
from tests.support.adapter_folders import BASE, put_adapter


def test_the_gateway_warns_when_it_starts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And not where an adapter answers."""
    put_adapter(tmp_path, "clue")
    create_app(Settings(adapters=tmp_path, store=tmp_path / "store"))
    assert f"answered by {BASE} itself, untuned" in caplog.text
    caplog.clear()
    (tmp_path / "registry.toml").write_text('default = "clue"\n', encoding="utf-8")
    create_app(Settings(adapters=tmp_path, store=tmp_path / "store"))
    assert "untuned" not in caplog.text
