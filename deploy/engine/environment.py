"""The engine's own Python environment, made and kept. Standard library only.

It is apart from the gateway's, because vLLM pins its own torch, transformers and FastAPI. Two
markers inside it, each written last, hold a digest of what was installed (the packages; our
plugin), so a finished environment costs nothing to find again and a half-made one is never used.
One that is in use is not touched, and another is made in its place only when that one is whole.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.engine import device as devices
from deploy.engine import in_use
from deploy.engine.device import Device
from deploy.engine.installer import (
    HERE,
    PACKAGES_MARKER,
    PLUGIN,
    TORCH,
    TORCH_INDEX,
    EnvironmentNotMade,
    Installer,
    Report,
)


def python_of(home: Path) -> Path:
    """The engine's Python under ``home``, made or not."""
    return home.absolute() / "engine-env" / "bin" / "python"


def is_ready(home: Path) -> bool:
    """Does a finished environment, made from the lists as they are now, lie under ``home``?

    Raises DeviceRefused.
    """
    return _is_ready(home, devices.here())


def ensure(home: Path, *, torch_index: str = TORCH_INDEX, report: Report = print) -> Path:
    """Make ``<home>/engine-env`` unless it is there already; returns its Python.

    ``report`` gets one line per step; ``torch_index`` is the address to try when pip's own
    sources have no CPU build of torch. Raises EnvironmentNotMade; DeviceRefused before gigabytes
    are downloaded for a GPU that vLLM could not use.
    """
    device, folder = devices.here(), home.absolute() / "engine-env"
    if not _is_ready(home, device) or _aside(folder).exists():
        if device == "cuda":
            devices.check_compiler()
        with _alone(home, report) as lock:
            _settle(folder)
            if not _is_ready(home, device):
                _check_unused(folder, device)
                _make(home, Installer(home.absolute(), device, torch_index, report, lock), device)
    return python_of(home)


def _make(home: Path, installer: Installer, device: Device) -> None:
    packages, plugin = _markers(home)
    if not _holds(packages, _packages_digest(device)):
        with _in_place_of(packages.parent):
            installer.install_packages()
            packages.write_text(_packages_digest(device))
    if device == "cpu" and not _holds(plugin, _plugin_digest()):
        plugin.unlink(missing_ok=True)
        installer.install_plugin()
        plugin.write_text(_plugin_digest())


def _check_unused(folder: Path, device: Device) -> None:
    """Raises EnvironmentNotMade, with who uses it, before anything is downloaded."""
    if users := in_use.processes(folder):
        raise EnvironmentNotMade(
            f"{folder} is not the environment that this version of Nerve needs "
            f"({'a GPU' if device == 'cuda' else 'the CPU'}; NERVE_DEVICE names the device), and "
            f"a process runs from it: {', '.join(users)}. End it (`nerve up`, `nerve engine`, a "
            "training), or name another --home, and start again."
        )


@contextmanager
def _in_place_of(folder: Path) -> Iterator[None]:
    """A finished environment stands aside until another is; it comes back when that one fails."""
    if (folder / PACKAGES_MARKER).exists():
        # Aside, and not the new one beside: scripts of an environment name its place.
        folder.rename(_aside(folder))
    else:
        _remove(folder)
    try:
        yield
    finally:
        _settle(folder)


def _settle(folder: Path) -> None:
    """What was aside goes, or comes back; a start that was killed leaves that to the next."""
    aside = _aside(folder)
    if (folder / PACKAGES_MARKER).exists():
        _remove(aside)
    elif aside.exists():
        _remove(folder)
        aside.rename(folder)


def _aside(folder: Path) -> Path:
    return folder.with_name("engine-env.old")


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _is_ready(home: Path, device: Device) -> bool:
    packages, plugin = _markers(home)
    # The plugin mends vLLM on CPUs; on a GPU it has nothing to do, and is not there.
    has_plugin = device == "cuda" or _holds(plugin, _plugin_digest())
    return _holds(packages, _packages_digest(device)) and has_plugin


def _markers(home: Path) -> tuple[Path, Path]:
    folder = home / "engine-env"
    return folder / PACKAGES_MARKER, folder / "nerve-plugin.sha256"


def _holds(marker: Path, digest: str) -> bool:
    return (marker.parent / "bin" / "python").exists() and (
        marker.exists() and marker.read_text() == digest
    )


def _packages_digest(device: Device) -> str:
    return _digest([HERE / f"requirements-{device}.txt"], salt=f"{device} {TORCH}")


def _plugin_digest() -> str:
    return _digest(sorted([PLUGIN / "pyproject.toml", *PLUGIN.glob("*.py")]))


def _digest(files: list[Path], salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


@contextmanager
def _alone(home: Path, report: Report) -> Iterator[int]:
    """Hold the lock of ``home``, so that two starts do not make the same environment at once."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "engine-env.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another process is making the engine's environment; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
