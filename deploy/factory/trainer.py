"""The stages that need torch or matplotlib: ``python -m adapters …`` with the engine's Python."""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deploy.engine.environment import python_of
from deploy.engine.installer import pip_environment
from deploy.engine.pip_output import explained
from deploy.process import end_with_parent
from deploy.pull.catalogue import read_catalogue
from deploy.pull.store import find
from deploy.up.install import ROOT

PACKAGES = ROOT / "adapters" / "requirements.txt"
MARKER = "nerve-trainer.sha256"
# A step of the trainer may take half a minute; Ctrl-C is heard at its end.
STOP_GRACE_S = 60.0


class TrainerFailed(Exception):
    """Why a stage of the trainer did not end well, and what to do."""


def trainer_python(home: Path, tell: Callable[[str], None]) -> Path:
    """The engine's Python under ``home`` with the trainer's packages, installed once.

    ``tell`` gets a line when that takes time. Raises TrainerFailed.
    """
    python = python_of(home)
    if not python.exists():
        raise TrainerFailed(
            f"there is no engine's environment under {home}; make it with `nerve pull`"
        )
    marker, digest = python.parents[1] / MARKER, hashlib.sha256(PACKAGES.read_bytes()).hexdigest()
    if not marker.exists() or marker.read_text(encoding="utf-8") != digest:
        tell("installing the trainer's packages")
        _install(python, home / "trainer.log")
        marker.write_text(digest, encoding="utf-8")
    return python


def _install(python: Path, log: Path) -> None:
    # Without dependencies: torch and transformers must stay the engine's.
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--no-deps"]
    command = [str(python), "-m", "pip", "install", *options, "-r", str(PACKAGES)]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=pip_environment(os.environ),
    )
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        raise TrainerFailed(explained(done.stdout.splitlines(keepends=True), log))


def base_folder(home: Path, name: str) -> Path:
    """The folder of a pulled base model; raises TrainerFailed, CatalogueError."""
    found = find(read_catalogue().model(name), home.absolute() / "models")
    if found is None:
        raise TrainerFailed(
            f"the base model {name} is not under {home}; get it with `nerve pull {name}`"
        )
    return found.path


def run(python: Path, stage: str, *arguments: Path | str) -> int:
    """Run a stage in this terminal to its end; the status.

    Paths are taken from where the person stands. Ctrl-C reaches the stage too; KeyboardInterrupt
    follows once it has ended. Raises TrainerFailed when the system killed it.
    """
    command = _command(python, stage, arguments)
    with subprocess.Popen(command, cwd=ROOT, preexec_fn=end_with_parent) as child:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            _wait_or_kill(child)
            raise
    if status < 0:
        raise TrainerFailed(
            f"the stage {stage} was ended by signal {-status} (9 means: most likely no memory left)"
        )
    return status


def answers(python: Path, adapter: Path, base: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What the stage ``try`` says to each text; raises TrainerFailed with its last line."""
    command = _command(python, "try", (adapter, base, "--", *texts))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        raise TrainerFailed(lines[-1].removeprefix("nerve: "))
    return [json.loads(line) for line in done.stdout.splitlines()]


def _command(python: Path, stage: str, arguments: Sequence[Path | str]) -> list[str]:
    words = [str(word.absolute()) if isinstance(word, Path) else word for word in arguments]
    return [str(python), "-m", "adapters", stage, *words]


def _wait_or_kill(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(STOP_GRACE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
