"""The benchmark's own Python environment, with the contenders: made once, in ``bench-env``."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.bench.errors import BenchError
from deploy.engine.pip_output import explained

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_MARKER = "nerve-bench.sha256"


def bench_python(home: Path, tell: Callable[[str], None] = print) -> Path:
    """The environment's Python under ``home``; raises BenchError when it cannot be made."""
    folder = home.absolute() / "bench-env"
    python, marker = folder / "bin" / "python", folder / _MARKER
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if marker.exists() and marker.read_text(encoding="utf-8") == digest:
        return python
    tell(f"making the contenders' environment in {folder}, which takes minutes")
    home.mkdir(parents=True, exist_ok=True)
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    # The lock is whole, and pip does not see that it pins what is asked for with an extra.
    packages = ["--require-hashes", "--no-deps", "-r", str(REQUIREMENTS)]
    log = home / "bench-env.log"
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", *options, *packages],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        log.write_text(done.stdout, encoding="utf-8")
        if done.returncode:
            raise BenchError(explained(done.stdout.splitlines(keepends=True), log))
    # Written last: an environment that was not finished is made again.
    marker.write_text(digest, encoding="utf-8")
    return python


def version_of(package: str, python: Path) -> str:
    """The version of a package in that environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or "?"
