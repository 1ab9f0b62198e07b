"""How the launcher decides between the checkpoint's numbers and 8 bits; no engine is started."""

from pathlib import Path

import pytest

from deploy.engine.admission import LaunchRefused
from deploy.engine.device import Device
from deploy.engine.vllm_command import Launch, command
from deploy.engine.weights import Weights, checkpoint, choose

WITH = "flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16\n"
WITHOUT = "flags\t\t: fpu avx2\n"


def _cpu(folder: Path, flags: str) -> Path:
    file = folder / "cpuinfo"
    file.write_text("model name\t: a CPU\n" + flags)
    return file


@pytest.mark.parametrize(
    ("wanted", "flags", "extra", "expected"),
    [
        ("auto", WITH, (), "int8"),
        ("auto", "flags\t: avx2 avx_vnni", (), "int8"),
        ("auto", "Features\t: asimddp i8mm", (), "checkpoint"),
        ("auto", WITHOUT, (), "int8"),
        ("auto", "flags\t: fpu sse4_2 avx", (), "checkpoint"),
        ("auto", WITH, ("--quantization", "fp8"), "checkpoint"),
        ("auto", WITH, ("--quantization=fp8",), "checkpoint"),
        ("auto", WITH, ("-q", "fp8"), "checkpoint"),
        ("auto", WITH, ("--seed", "1"), "int8"),
        ("auto", WITH, ("--dtype", "float32"), "checkpoint"),
        ("auto", WITH, ("--dtype=float",), "checkpoint"),
        ("auto", WITH, ("--dtype", "bfloat16"), "int8"),
        ("int8", WITH, ("--dtype", "float32"), "int8"),
        ("checkpoint", WITH, (), "checkpoint"),
        ("int8", "Features\t: asimddp i8mm", (), "int8"),
    ],
)
def test_what_is_wanted_and_what_the_cpu_has_decide(
    tmp_path: Path, wanted: str, flags: str, extra: tuple[str, ...], expected: str
) -> None:
    """auto follows the CPU, and leaves a quantisation of the user's own, or exactness, alone."""
    assert choose(wanted, "cpu", extra, _cpu(tmp_path, flags)) == expected


def test_a_system_that_does_not_describe_its_cpu_gets_the_checkpoint(tmp_path: Path) -> None:
    """No file to read, no guess."""
    assert choose("auto", "cpu", (), tmp_path / "none") == "checkpoint"


@pytest.mark.parametrize("wanted", ["auto", "checkpoint", "fp8", "awq"])
def test_a_gpu_takes_the_checkpoint_unless_told(wanted: str) -> None:
    """Whatever instructions its CPU has."""
    assert choose(wanted, "cuda", ()) == ("checkpoint" if wanted == "auto" else wanted)


@pytest.mark.parametrize(
    ("wanted", "device", "says"),
    [
        ("int8", "cuda", "--weights int8 is for CPUs, and the engine is to run on a GPU"),
        ("fp8", "cpu", "--weights fp8 is for NVIDIA GPUs, and the engine is to run on a CPU"),
        ("awq", "cpu", "--weights awq is for NVIDIA GPUs"),
        ("int4", "cpu", "NERVE_ENGINE_WEIGHTS = 'int4'; expected auto, checkpoint, int8, fp8, awq"),
    ],
)
def test_another_devices_and_other_words_are_refused(
    wanted: str, device: Device, says: str
) -> None:
    """Instead of an engine that dies, or multiplies some other way without a word."""
    with pytest.raises(LaunchRefused, match=says):
        choose(wanted, device, ())


@pytest.mark.parametrize(
    ("device", "weights", "flag"),
    [
        ("cpu", "int8", "nerve_int8"),
        ("cpu", "checkpoint", None),
        ("cuda", "fp8", "fp8_per_tensor"),
        ("cuda", "awq", None),
        ("cuda", "checkpoint", None),
    ],
)
def test_what_vllm_is_told(device: Device, weights: Weights, flag: str | None) -> None:
    """The plugin's name on a CPU alone; AWQ is another checkpoint, which says so itself."""
    model = checkpoint(Path("/models/Qwen2.5-7B-Instruct"), weights)
    words = command(Launch(model, "base", device, weights=weights), [], "python")
    assert (
        words[words.index("--quantization") + 1 :][:1] == [flag]
        if flag
        else ("--quantization" not in words)
    )
    assert (model.name == "Qwen2.5-7B-Instruct-AWQ") == (weights == "awq")
    assert str(model) in words


def test_an_awq_checkpoint_is_not_sought_twice() -> None:
    """Its own folder may be named."""
    assert checkpoint(Path("/m/a-awq"), "awq") == Path("/m/a-awq")
