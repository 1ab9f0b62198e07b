"""The site of this checkout, built once by the real MkDocs in the environment of `make docs`."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.tools import ROOT

ENVIRONMENT = ROOT / ".nerve" / "site-env"
PYTHON, MARKER = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "made"
LOCK = ROOT / "requirements" / "site.txt"


def build(checkout: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """As `make docs` does, into another folder."""
    if not MARKER.exists() or MARKER.read_bytes() != LOCK.read_bytes():
        pytest.fail("the site's environment is not there, or older than its lock: make docs")
    command = [str(PYTHON), "-m", "mkdocs", "build", "--strict", "-f", "deploy/site/mkdocs.yml"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [*command, "--site-dir", str(site)],
        cwd=checkout,
        env=env | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=180,
    )


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder
