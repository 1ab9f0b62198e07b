"""`nerve pull` that is killed, or begun a second time, while it is half-way."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.pull.errors import PullRunning
from tests.deploy.pull.pulling import HUB, Told, assert_whole, catalogue, run
from tests.support.file_server import FileServer

pytestmark = pytest.mark.slow

PULLING = """
import sys
from pathlib import Path
from tests.deploy.pull.pulling import HUB, Told, catalogue, run

class Loud(Told):
    def at(self, done):
        print(done, flush=True)

run(Path(sys.argv[1]), catalogue(HUB, hub=sys.argv[2]), Loud())
"""


@pytest.fixture
def half_way(tmp_path: Path, hub: FileServer) -> Iterator[subprocess.Popen[str]]:
    """A process that has pulled 512 KiB of weights.bin and gets no more for now."""
    hub.hold_at = 1 << 19
    with subprocess.Popen(
        [sys.executable, "-c", PULLING, str(tmp_path), hub.url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 1 << 19:
                break
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_pull_goes_on_where_it_was(
    tmp_path: Path, hub: FileServer, half_way: subprocess.Popen[str]
) -> None:
    """SIGKILL in mid-file: nothing can be used yet, and nothing is fetched twice."""
    half_way.send_signal(signal.SIGKILL)
    assert half_way.wait() == -signal.SIGKILL
    assert not (tmp_path / "models" / "m").exists()
    kept = (tmp_path / "models" / ".work" / "m" / "weights.bin.part").stat().st_size
    assert 0 < kept <= 1 << 19

    hub.release.set()
    hub.requests.clear()
    told = Told()
    assert_whole(tmp_path, run(tmp_path, catalogue(HUB, hub=hub.url), told))
    assert hub.requests == [("/o/m/resolve/main/weights.bin", f"bytes={kept}-")]
    assert told.started_from == [kept]


def test_two_pulls_at_once(
    tmp_path: Path, hub: FileServer, half_way: subprocess.Popen[str]
) -> None:
    """The second names the first; the lock goes when its process does."""
    known = catalogue(HUB, hub=hub.url)
    with pytest.raises(PullRunning, match=f"pulled already, by process {half_way.pid}"):
        run(tmp_path, known)
    half_way.kill()
    half_way.wait()
    hub.release.set()
    assert_whole(tmp_path, run(tmp_path, known))
