"""The scripted engine: nginx with a script, so that it is never the slow part; a real socket.

It answers completions at once, whole or streamed, whatever is asked; see ``engine.lua``.
"""

import grp
import json
import os
import pwd
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.bench.errors import BenchError
from deploy.bench.processes import Running, free_port, running

BASE = "bench-base"
WINDOW = 32_768
# 90 bytes of UTF-8, the three entities of the engine's answer.
SENTENCE = "浙商银行企业信贷部叶老桂博士则从另一个角度进行了解读。"

_HERE = Path(__file__).resolve().parent
_MODULES = Path("/usr/lib/nginx/modules")
PACKAGES = {
    "nginx": "nginx-light libnginx-mod-http-lua",
    "wrk": "wrk",
    "taskset": "util-linux",
}


def check_tools() -> None:
    """Raises BenchError, which names the Debian packages that are missing."""
    missing = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    if not missing and not (_MODULES / "ngx_http_lua_module.so").exists():
        missing = ["libnginx-mod-http-lua"]
    if missing:
        raise BenchError(
            "the benchmark's tools are missing: apt-get install --no-install-recommends "
            + " ".join(missing)
        )


@contextmanager
def scripted_engine(
    work: Path, core: int | None, adapters: Sequence[str] = ()
) -> Iterator[tuple[str, Running]]:
    """Up, with the base model and these adapters by their engine names; yields its address."""
    work.mkdir(parents=True, exist_ok=True)
    port = free_port()
    (work / "models.json").write_text(json.dumps(_models(adapters)), encoding="utf-8")
    text = (_HERE / "nginx.conf").read_text(encoding="utf-8")
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    places = {"{work}": work, "{modules}": _MODULES, "{here}": _HERE, "{port}": port}
    places |= {"{user}": user, "{group}": group}
    for place, value in places.items():
        text = text.replace(place, str(value))
    (work / "nginx.conf").write_text(text, encoding="utf-8")
    # Not the name on PATH: Debian keeps it in sbin.
    nginx = shutil.which("nginx") or "nginx"
    command: list[str | Path] = [nginx, "-e", "stderr", "-p", work, "-c", "nginx.conf"]
    url = f"http://127.0.0.1:{port}"
    with running(command, core, f"{url}/health", work / "engine.log") as process:
        yield url, process


def _models(adapters: Sequence[str]) -> dict[str, object]:
    base = {"id": BASE, "object": "model", "root": BASE, "max_model_len": WINDOW}
    rest = [{"id": name, "object": "model", "parent": BASE} for name in adapters]
    return {"object": "list", "data": [base, *rest]}
