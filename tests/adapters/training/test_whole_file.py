"""Checkpoints and weights: whole, or as they were."""

import subprocess
import sys
from pathlib import Path

from adapters.training import whole_file
from tests.engine.real_engine import ROOT

WRITE = """
import sys
from pathlib import Path
from adapters.training import whole_file

try:
    whole_file.write(Path(sys.argv[1]), bytes(100_000))
except OSError as exc:
    print(exc.filename, exc.strerror, sep=": ")
"""


def test_what_has_no_room_leaves_what_was_there(tmp_path: Path) -> None:
    """And is told by the file's name."""
    file = tmp_path / "checkpoint.pt"
    whole_file.write(file, b"before")
    run_it = ("bash", sys.executable, "-c", WRITE, str(file))
    script = ["bash", "-c", 'ulimit -f 40; exec "$@"', *run_it]
    run = subprocess.run(script, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout == f"{file}: File too large\n", run.stderr
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(file.name, b"before")]
