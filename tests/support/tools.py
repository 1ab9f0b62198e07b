"""Programs of others that tests run, and what is said of those that are not there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The Debian package of each; what is not here comes with the tools of ``make test``.
PACKAGES = {
    "chromium": "chromium",
    "curl": "curl",
    "libfaketime": "libfaketime",
    "node": "nodejs",
    "prometheus": "prometheus",
    "promtool": "prometheus",
}
missing: set[str] = set()


def lacks(name: str) -> NoReturn:
    """The program ``name`` is not there: the test is skipped, and the run's last line says so.

    With REQUIRE_TOOLS=1 it fails instead: in CI a check that did not run has to be seen.
    """
    package = PACKAGES[name]
    missing.add(package)
    reason = f"{name} is not installed (Debian: apt-get install {package})"
    if os.environ.get("REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def tool(name: str) -> str:
    """The path of a program, in this environment or on PATH; see ``lacks`` for one that is not."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    return found or lacks(name)


def output_of(name: str, *arguments: str | Path, **variables: str) -> str:
    """What a program says of our files, run in the checkout; fails with its words."""
    command = [tool(name), *map(str, arguments)]
    env = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
