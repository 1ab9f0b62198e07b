"""CPU or NVIDIA GPU, and whether vLLM can work on that GPU. Standard library.

``NERVE_DEVICE`` says which: ``cpu``, ``cuda``, or ``auto``, which takes a GPU where there is one.
A GPU that vLLM cannot use is refused, with what to do, before gigabytes are downloaded for it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from deploy.engine.gpu import CAPABILITY, COLUMNS, VISIBLE, Gpu, hides_all, told, usable, visible

Device = Literal["cpu", "cuda"]
CHOICES = ("auto", "cpu", "cuda")

# What vLLM's wheels for CUDA 13 need, beside CAPABILITY.
DRIVER = 580

_NODES = Path("/dev")
_INSTEAD = "or take the CPU with NERVE_DEVICE=cpu"


class DeviceRefused(Exception):
    """vLLM would not start on this device: one sentence that says what to do."""


def here(environ: Mapping[str, str] = os.environ) -> Device:
    """The device to serve on. Raises DeviceRefused."""
    wanted = environ.get("NERVE_DEVICE") or "auto"
    if wanted not in CHOICES:
        raise DeviceRefused(f"NERVE_DEVICE = {wanted!r}; expected {', '.join(CHOICES)}")
    if wanted == "cpu":
        return "cpu"
    listed, named = _listed(environ), environ.get(VISIBLE)
    found = visible(listed, named)
    if not found and (listed or hides_all(named) or not _has_node()):
        if wanted == "cuda":
            raise DeviceRefused(
                "NERVE_DEVICE is cuda, and no NVIDIA GPU is seen here (nvidia-smi lists none, or "
                f"{VISIBLE} hides it): install NVIDIA's driver, {_INSTEAD}."
            )
        return "cpu"
    check(found, environ)
    return "cuda"


def gpus(environ: Mapping[str, str] = os.environ) -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves; none where nvidia-smi is missing.

    Raises DeviceRefused when there is a GPU and its driver does not answer.
    """
    return visible(_listed(environ), environ.get(VISIBLE))


def _listed(environ: Mapping[str, str]) -> list[Gpu]:
    """All that nvidia-smi tells of, in its order, which is the bus's."""
    tool = shutil.which("nvidia-smi", path=environ.get("PATH"))
    if tool is None:
        return []
    command = [tool, f"--query-gpu={COLUMNS}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as exc:
        return _silent(str(exc))
    if done.returncode:
        return _silent((done.stdout or done.stderr).strip())
    return [*map(told, done.stdout.splitlines())]


def check(found: Iterable[Gpu], environ: Mapping[str, str] = os.environ) -> None:
    """Raises DeviceRefused unless one of these GPUs is new enough, and its driver too.

    None found is none refused: in a container nvidia-smi may be missing beside a GPU that works.
    """
    found = list(found)
    new_enough = usable(found)
    if found and not new_enough:
        one = found[0]
        has, needs = (".".join(map(str, pair)) for pair in (one.capability, CAPABILITY))
        raise DeviceRefused(
            f"{one.name} has compute capability {has}, and vLLM's kernels need {needs} or more: "
            f"use a newer GPU, {_INSTEAD}."
        )
    # With this variable vLLM brings the libraries that let an older driver do.
    compatible = environ.get("VLLM_ENABLE_CUDA_COMPATIBILITY", "").strip().lower() in ("1", "true")
    for gpu in new_enough:
        major = re.match(r"\d+", gpu.driver)
        if major and int(major[0]) < DRIVER and not compatible:
            raise DeviceRefused(
                f"NVIDIA's driver is {gpu.driver}, and vLLM's CUDA 13 needs {DRIVER} or newer: "
                f"update the driver, {_INSTEAD}."
            )


def check_compiler(environ: Mapping[str, str] = os.environ) -> None:
    """Raises DeviceRefused where Triton could not compile its C stubs: it needs a C compiler, and
    the headers of this very Python."""
    path = environ.get("PATH")
    named = environ.get("CC") or shutil.which("gcc", path=path) or shutil.which("clang", path=path)
    if not named:
        raise DeviceRefused(
            "There is no C compiler, which vLLM's Triton needs on a GPU: install gcc (on Debian "
            "and Ubuntu: apt-get install gcc), or name one with CC."
        )
    scheme = sysconfig.get_default_scheme().replace("posix_local", "posix_prefix")  # as Triton
    headers = sysconfig.get_paths(scheme=scheme)["include"]
    command = [*shlex.split(named), "-fsyntax-only", f"-I{headers}", "-xc", "-"]
    try:
        done = subprocess.run(
            command, input="#include <Python.h>\n", capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise DeviceRefused(f"The C compiler {named} does not run: {exc}.") from exc
    if done.returncode:
        raise DeviceRefused(
            f"{named} does not compile against Python.h, which vLLM's Triton needs on a GPU: it is "
            f"sought in {headers}; install Python's headers (on Debian and Ubuntu: python3-dev). "
            f"The compiler says: {(done.stderr.strip().splitlines() or ['nothing'])[0]}"
        )


def _has_node() -> bool:
    return any(_NODES.glob("nvidia[0-9]*"))


def _silent(reason: str) -> list[Gpu]:
    """nvidia-smi failed: nothing where no GPU is, else a driver that is broken."""
    if _has_node():
        raise DeviceRefused(
            f"There is an NVIDIA GPU, and its driver does not answer (nvidia-smi: {reason}): "
            f"install the driver anew, {_INSTEAD}."
        )
    return []
