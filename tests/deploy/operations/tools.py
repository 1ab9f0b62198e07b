"""Programs of others that check our files: Prometheus, Docker Compose, hadolint."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def tool(name: str) -> str:
    """The path of a program, in this environment or on PATH; without it the test is skipped.

    With REQUIRE_TOOLS=1 it fails instead: in CI a check that did not run has to be seen.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if found:
        return found
    reason = f"{name} is not installed: see CONTRIBUTING.md"
    if os.environ.get("REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def output_of(name: str, *arguments: str | Path, **variables: str) -> str:
    """What a program says of our files, run in the checkout; fails with its words."""
    command = [tool(name), *map(str, arguments)]
    env = {**os.environ, **variables}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
