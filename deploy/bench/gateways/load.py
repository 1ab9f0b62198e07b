"""The load: wrk, one thread, one body again and again over kept connections."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.errors import BenchError

_SCRIPT = Path(__file__).with_name("post.lua")
_MARK = "RESULT "


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: whole answers, so a stream's latency is that of its last byte."""

    requests: int
    seconds: float
    p50_us: int
    p99_us: int
    mean_us: float
    failed: int


def post(url: str, body: Path, connections: int, seconds: int, core: int) -> Load:
    """Post ``body`` for ``seconds`` whole seconds; raises BenchError."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["--timeout", "30s", "-s", str(_SCRIPT), url, "--", str(body)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not lines:
        raise BenchError(f"wrk failed on {url}: {(done.stderr or done.stdout).strip()[-500:]}")
    return Load(**json.loads(lines[0].removeprefix(_MARK)))
