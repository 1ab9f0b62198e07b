"""``nerve doctor`` on the machine that the engine is to run on; nvidia-smi is a stand-in."""

from pathlib import Path

import pytest

from deploy.doctor.machine import device
from service.settings import Settings
from tests.support.nvidia import H100, OLD_DRIVER, P100, Card, put_gpus


@pytest.mark.parametrize(
    ("cards", "compiler", "mark", "says"),
    [
        ([], "true", "✓", "CPU"),
        ([H100], "true", "✓", "NVIDIA H100 80GB HBM3, 80 GiB, driver 580.65.06"),
        ([P100, H100], "true", "✓", "NVIDIA H100 80GB HBM3, 80 GiB, driver 580.65.06"),
        ([H100, H100], "true", "!", "1 more, which one engine leaves idle"),
        ([H100], "false", "✗", "does not compile against Python.h"),
        ([H100], "/no/cc", "✗", "The C compiler /no/cc does not run"),
        ([OLD_DRIVER], "true", "✗", "driver is 550.54.15"),
        ([P100], "true", "✗", "compute capability 6.0"),
    ],
)
def test_each_refusal_is_a_line(
    cards: list[Card],
    compiler: str,
    mark: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What `nerve up` would refuse must be mended; where the engine is elsewhere it is a note."""
    put_gpus(monkeypatch, tmp_path, *cards)
    monkeypatch.setenv("CC", compiler)
    finding, _ = device(Settings())
    assert (finding.mark, finding.subject) == (mark, "device") and says in finding.text
    finding, _ = device(Settings(engine_url="http://engine.example:8000"))
    assert finding.mark == ("!" if mark == "✗" else mark)


def test_a_gpu_without_nvidia_smi_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known of it, and it may well work."""
    (put_gpus(monkeypatch, tmp_path, H100) / "nvidia-smi").unlink()
    monkeypatch.setenv("CC", "true")
    finding, found = device(Settings())
    assert (finding.mark, found) == ("!", "cuda")


def test_a_part_of_a_gpu_is_named_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nvidia-smi tells neither its memory nor its driver."""
    put_gpus(monkeypatch, tmp_path, H100)
    monkeypatch.setenv("CC", "true")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-7fb3")
    finding, found = device(Settings())
    assert (finding.mark, finding.text, found) == ("✓", "a part of a GPU (MIG)", "cuda")
