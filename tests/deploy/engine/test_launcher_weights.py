"""How the launcher decides between the checkpoint's numbers and 8 bits; no engine is started."""

from pathlib import Path

import pytest

from deploy.engine.launcher import Launch, command
from deploy.engine.weights import choose

WITH = "flags\t\t: fpu avx512f avx512_vnni avx512_bf16\n"
WITHOUT = "flags\t\t: fpu avx2 avx512f\n"


def _cpu(folder: Path, flags: str) -> Path:
    file = folder / "cpuinfo"
    file.write_text("model name\t: a CPU\n" + flags)
    return file


@pytest.mark.parametrize(
    ("wanted", "flags", "extra", "expected"),
    [
        ("auto", WITH, (), "int8"),
        ("auto", "flags: amx_int8", (), "int8"),
        ("auto", WITHOUT, (), "checkpoint"),
        ("auto", WITH, ("--quantization", "fp8"), "checkpoint"),
        ("auto", WITH, ("--quantization=fp8",), "checkpoint"),
        ("auto", WITH, ("-q", "fp8"), "checkpoint"),
        ("auto", WITH, ("--seed", "1"), "int8"),
        ("checkpoint", WITH, (), "checkpoint"),
        ("int8", WITHOUT, (), "int8"),
    ],
)
def test_what_is_wanted_and_what_the_cpu_has_decide(
    tmp_path: Path, wanted: str, flags: str, extra: tuple[str, ...], expected: str
) -> None:
    """auto follows the CPU, and leaves a quantisation of the user's own alone."""
    assert choose(wanted, extra, _cpu(tmp_path, flags)) == expected


def test_a_system_that_does_not_describe_its_cpu_gets_the_checkpoint(tmp_path: Path) -> None:
    """No file to read, no guess."""
    assert choose("auto", (), tmp_path / "none") == "checkpoint"


def test_only_a_cpu_is_told() -> None:
    """The plugin that knows the name exists on CPUs alone."""
    on = {device: command(Launch(Path("/m"), "base", device, weights="int8"), [], "python")
          for device in ("cpu", "cuda")}  # fmt: skip
    assert "nerve_int8" in on["cpu"] and "nerve_int8" not in on["cuda"]
