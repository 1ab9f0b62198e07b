"""The engine's environment, with a real pip; the fast tests are in tests/deploy/engine."""

from pathlib import Path

import pytest

from deploy.engine.environment import ensure, is_ready, python_of
from deploy.engine.installer import EnvironmentNotMade


def test_without_its_packages_it_is_not_made_and_the_log_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real pip without an index: one sentence, the log's place, and nothing counts as ready."""
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": "", "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    said: list[str] = []
    with pytest.raises(EnvironmentNotMade) as failure:
        ensure(tmp_path, torch_index="http://127.0.0.1:9/simple", report=said.append)
    first = str(failure.value).partition(" The whole log is ")
    assert "does not have a package that the engine needs" in first[0]
    assert first[2].startswith(str(tmp_path / "engine-env.log"))
    assert python_of(tmp_path).exists() and not is_ready(tmp_path)
    assert any("making the engine's environment" in line for line in said)
