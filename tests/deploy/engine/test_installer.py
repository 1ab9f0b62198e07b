"""The engine's environment made of one small package, by a real pip."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.engine import environment, installer
from deploy.engine.environment import ensure, is_ready, python_of
from deploy.engine.installer import EnvironmentNotMade


def _quiet(line: str) -> None: ...


@pytest.fixture
def one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the list of packages for the CPU is one small wheel, which pip finds."""
    wheel, lists = tmp_path / "demo_pk-1-py3-none-any.whl", tmp_path / "lists"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("demo_pk.py", "")
        file.writestr(
            "demo_pk-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo-pk\nVersion: 1\n"
        )
        file.writestr(
            "demo_pk-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr("demo_pk-1.dist-info/RECORD", "")
    lists.mkdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (lists / "requirements-cpu.txt").write_text(f"demo-pk==1 --hash=sha256:{digest}\n")
    for module in (installer, environment):
        monkeypatch.setattr(module, "HERE", lists)
    monkeypatch.setattr(installer, "_ROOM", {"cpu": 0, "cuda": 0})
    monkeypatch.setattr(installer.Installer, "_install_torch", lambda self: None)
    monkeypatch.setattr(installer.Installer, "install_plugin", lambda self: None)
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path)}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    return tmp_path / "home"


def _imports(home: Path) -> bool:
    return subprocess.run([python_of(home), "-I", "-c", "import demo_pk"]).returncode == 0


ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "pip_target")


def test_what_else_pip_is_told_it_is_told() -> None:
    """Its index and its certificates are the user's."""
    given = {"PIP_INDEX_URL": "x", "HOME": "/h", "PIP_DRY_RUN": "1", "PIP_USER": "1"}
    given |= dict.fromkeys(ELSEWHERE, "x") | {"PIP_REQUIRE_VIRTUALENV": "1"}
    kept = installer.pip_environment(given)
    assert kept == {"PIP_INDEX_URL": "x", "HOME": "/h", "PIP_REQUIRE_VIRTUALENV": "0"}


def test_pips_variables_send_no_package_elsewhere(
    one_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a real pip: what a person set for other installations."""
    for variable in ELSEWHERE[:3]:
        monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PIP_DRY_RUN", "1")
    ensure(one_package, report=_quiet)
    assert is_ready(one_package) and _imports(one_package)
    assert not (tmp_path / "elsewhere").exists()


def test_an_empty_environment_is_not_finished(
    one_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of pip's settings can do the same: it is said, and nothing counts as ready."""
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[install]\ntarget = {tmp_path / 'elsewhere'}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    with pytest.raises(EnvironmentNotMade, match=r"demo-pk is not in .*\(target, prefix"):
        ensure(one_package, report=_quiet)
    assert not is_ready(one_package)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    ensure(one_package, report=_quiet)
    assert is_ready(one_package) and _imports(one_package)
