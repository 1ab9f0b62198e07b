"""What was measured on: enough to compare with, nothing that names a machine or a person."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from deploy.bench.environment import version_of

_OURS = ("fastapi", "uvicorn", "pydantic", "httpx2")
_CONTENDERS = ("litellm", "vllm-router")


def machine() -> dict[str, str]:
    """Processor, cores, memory, kernel, and how busy it was as the measurement began."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def versions(contenders: Path | None) -> dict[str, str]:
    """Of what takes part; ``contenders`` is the Python of their environment."""
    found = {name: version(name) for name in _OURS}
    found["nginx"] = _said("nginx", "-v").rpartition("/")[2]
    found["wrk"] = _said("wrk", "-v").removeprefix("wrk ").split(" ")[0]
    if contenders is not None:
        found |= {name: version_of(name, contenders) for name in _CONTENDERS}
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return ((done.stdout + done.stderr).strip().splitlines() or ["?"])[0]
