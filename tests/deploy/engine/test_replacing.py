"""Another environment in place of one that is there, or is in use; none is installed here."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.engine import environment, in_use, installer
from deploy.engine.environment import ensure, is_ready, python_of
from deploy.engine.installer import EnvironmentNotMade
from tests.support.nvidia import H100, put_gpus


@pytest.fixture
def of_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a finished environment of a GPU, on a machine that has one, where no other can be
    made."""
    put_gpus(monkeypatch, tmp_path, H100)
    home = tmp_path / "home"
    python = python_of(home)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    packages, _ = environment._markers(home)
    packages.write_text(environment._packages_digest("cuda"))
    monkeypatch.setattr(installer, "_ROOM", {"cpu": 0, "cuda": 0})
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    return home


def _quiet(line: str) -> None: ...


def test_what_cannot_be_made_takes_nothing_away(
    of_a_gpu: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment of the other device, or of yesterday, is still there, and is used again."""
    library = of_a_gpu / "engine-env" / "vllm.py"
    library.touch()
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    with pytest.raises(EnvironmentNotMade):
        ensure(of_a_gpu, report=_quiet)
    monkeypatch.delenv("NERVE_DEVICE")
    assert is_ready(of_a_gpu) and library.exists()
    assert not (of_a_gpu / "engine-env.old").exists()


def test_a_killed_start_takes_nothing_away(of_a_gpu: Path) -> None:
    """The next one puts back what was aside, and throws away what was half made."""
    whole = of_a_gpu / "engine-env"
    whole.rename(of_a_gpu / "engine-env.old")
    (whole / "bin").mkdir(parents=True)
    (whole / "half").touch()
    assert not is_ready(of_a_gpu)
    assert ensure(of_a_gpu, report=_quiet) == python_of(of_a_gpu)
    assert is_ready(of_a_gpu) and not (whole / "half").exists()
    assert not (of_a_gpu / "engine-env.old").exists()


def test_a_start_that_was_killed_at_its_end_leaves_no_gigabytes(of_a_gpu: Path) -> None:
    """The new environment was whole already."""
    (of_a_gpu / "engine-env.old" / "lib").mkdir(parents=True)
    ensure(of_a_gpu, report=_quiet)
    assert is_ready(of_a_gpu) and not (of_a_gpu / "engine-env.old").exists()


@pytest.fixture
def engine(of_a_gpu: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs from the environment."""
    python = of_a_gpu / "engine-env" / "bin" / "python"
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who runs from where")
def test_an_environment_that_is_in_use_stays(
    of_a_gpu: Path, engine: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who uses it is said; afterwards it may go."""
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    says = rf"needs \(the CPU; NERVE_DEVICE .* runs from it: {engine.pid} \(python -c import sys"
    with pytest.raises(EnvironmentNotMade, match=says):
        ensure(of_a_gpu, report=_quiet)
    assert environment._markers(of_a_gpu)[0].exists()
    engine.kill()
    engine.wait()
    assert in_use.processes(of_a_gpu / "engine-env") == []
    with pytest.raises(EnvironmentNotMade, match="could not be installed"):
        ensure(of_a_gpu, report=_quiet)


def test_a_library_in_memory_is_use_whatever_the_process_is_called(tmp_path: Path) -> None:
    """vLLM gives its processes other names; another folder of a like name is not meant."""
    folder, process = tmp_path / "engine-env", tmp_path / "proc" / "7"
    process.mkdir(parents=True)
    (process / "cmdline").write_bytes(b"VLLM::EngineCore\0\0\0")
    (process / "maps").write_text(f"7f00-7f10 r-xp 0 08:01 9    {folder}.old/lib/x.so\n")
    assert in_use.processes(folder, tmp_path / "proc") == []
    (process / "maps").write_text(f"7f00-7f10 r-xp 0 08:01 9    {folder}/lib/x.so\n")
    assert in_use.processes(folder, tmp_path / "proc") == ["7 (VLLM::EngineCore)"]
