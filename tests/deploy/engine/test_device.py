"""CPU or GPU, and what is refused; nvidia-smi is a stand-in on the PATH."""

from pathlib import Path

import pytest

from deploy.engine import device, environment
from deploy.engine.device import DeviceRefused
from deploy.engine.gpu import without_old
from tests.support.nvidia import A4000, H100, OLD_DRIVER, P100, T4, Card, put_gpus


@pytest.mark.parametrize(
    ("wanted", "cards", "expected"),
    [
        ("", [], "cpu"),
        ("auto", [], "cpu"),
        ("auto", [H100], "cuda"),
        ("auto", [T4], "cuda"),
        ("cuda", [A4000, H100], "cuda"),
        ("auto", [P100, H100], "cuda"),
        ("cpu", [H100], "cpu"),
        ("cpu", [OLD_DRIVER], "cpu"),
    ],
)
def test_a_gpu_is_taken_where_there_is_one_and_nobody_says_cpu(
    wanted: str, cards: list[Card], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that vLLM can use, among those there are, is enough."""
    put_gpus(monkeypatch, tmp_path, *cards)
    monkeypatch.setenv("NERVE_DEVICE", wanted)
    assert device.here() == expected


@pytest.mark.parametrize(
    ("wanted", "cards", "says"),
    [
        ("auto", [OLD_DRIVER], "driver is 550.54.15, and vLLM's CUDA 13 needs 580 or newer"),
        ("cuda", [OLD_DRIVER], "update the driver, or take the CPU with NERVE_DEVICE=cpu"),
        ("auto", [P100], "Tesla P100-PCIE-16GB has compute capability 6.0, .* need 7.5"),
        ("cuda", [], "NERVE_DEVICE is cuda, and no NVIDIA GPU is seen"),
        ("gpu", [H100], "NERVE_DEVICE = 'gpu'; expected auto, cpu, cuda"),
    ],
)
def test_a_gpu_that_vllm_cannot_use_is_refused(
    wanted: str, cards: list[Card], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, and nothing is downloaded or made for it."""
    put_gpus(monkeypatch, tmp_path, *cards)
    monkeypatch.setenv("NERVE_DEVICE", wanted)
    with pytest.raises(DeviceRefused, match=says):
        environment.ensure(tmp_path / "home", report=lambda line: None)
    assert not (tmp_path / "home").exists()


def test_a_driver_that_does_not_answer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its device is there; where none is, a tool left behind means nothing."""
    put_gpus(monkeypatch, tmp_path, H100, status=9)
    with pytest.raises(DeviceRefused, match=r"does not answer \(nvidia-smi: NVIDIA-SMI has failed"):
        device.here()
    (tmp_path / "dev" / "nvidia0").unlink()
    assert device.here() == "cpu"


def test_a_gpu_without_nvidia_smi_is_used_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that was given no utilities."""
    (put_gpus(monkeypatch, tmp_path, H100) / "nvidia-smi").unlink()
    assert device.here() == "cuda" and device.gpus() == []


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("1", ["Tesla T4"]),
        ("1,0", ["Tesla T4", H100[0]]),
        (" +1, 0 ", ["Tesla T4", H100[0]]),
        ("GPU-11ab", ["Tesla T4"]),
        ("1,-1,0", ["Tesla T4"]),
        ("1,,0", ["Tesla T4"]),
        ("0,7,1", [H100[0]]),
        ("MIG-7fb3/1/0", ["a part of a GPU (MIG)"]),
        ("", []),
        ("-1", []),
        ("none", []),
        ("NoDevFiles", []),
        ("7", []),
        ("0,0", []),
        ("GPU-", []),
        ("GPU-99", []),
    ],
)
def test_only_the_gpus_that_cuda_may_see_count(
    named: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number or by name, up to the first word that names none; none of them is the CPU."""
    put_gpus(monkeypatch, tmp_path, H100, T4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert [gpu.name for gpu in device.gpus()] == expected
    assert device.here() == ("cuda" if expected else "cpu")


@pytest.mark.parametrize(
    ("named", "expected"), [("-1", "cpu"), ("none", "cpu"), ("0", "cuda"), ("MIG-7fb3", "cuda")]
)
def test_what_names_no_gpu_needs_no_nvidia_smi(
    named: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may name one is believed."""
    (put_gpus(monkeypatch, tmp_path, H100) / "nvidia-smi").unlink()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert device.here() == expected


def test_a_hidden_gpu_is_none_to_who_insists_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, with the variable that hides it."""
    put_gpus(monkeypatch, tmp_path, H100)
    monkeypatch.setenv("NERVE_DEVICE", "cuda")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "none")
    with pytest.raises(DeviceRefused, match="CUDA_VISIBLE_DEVICES hides it"):
        device.here()


def test_an_old_gpu_is_kept_from_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, whatever order CUDA counts in; where all are usable nothing is said."""
    put_gpus(monkeypatch, tmp_path, P100, T4, H100)
    assert without_old(device.gpus()) == {"CUDA_VISIBLE_DEVICES": "GPU-11ab,GPU-22ab"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,1")
    assert without_old(device.gpus()) == {}


def test_a_compatibility_layer_takes_an_older_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """vLLM's variable for it says that it is there."""
    put_gpus(monkeypatch, tmp_path, OLD_DRIVER)
    monkeypatch.setenv("VLLM_ENABLE_CUDA_COMPATIBILITY", "1")
    assert device.here() == "cuda"


def test_triton_needs_a_compiler_and_pythons_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried with what is here, with none, and with one that finds no header."""
    programs = put_gpus(monkeypatch, tmp_path, H100)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(DeviceRefused, match=r"no C compiler.*apt-get install gcc"):
        device.check_compiler()
    with pytest.raises(DeviceRefused, match="no C compiler"):
        environment.ensure(tmp_path / "home", report=lambda line: None)
    compiler = programs / "gcc"
    compiler.write_text("#!/bin/sh\necho 'Python.h: No such file or directory' >&2\nexit 1\n")
    compiler.chmod(0o755)
    with pytest.raises(DeviceRefused, match=r"python3-dev.*Python.h: No such file"):
        device.check_compiler()
    compiler.write_text('#!/bin/sh\nread line; [ "$line" = "#include <Python.h>" ]\n')
    device.check_compiler()
    monkeypatch.setenv("CC", "/no/such/cc")
    with pytest.raises(DeviceRefused, match="/no/such/cc does not run"):
        device.check_compiler()
