"""A Label Studio of its own: its environment, its process, its API."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.support.serving import free_port
from tests.support.waiting import until

VERSION = "1.23.2"
USER, PASSWORD, TOKEN = "label@example.org", "a-Password-1", "0123456789abcdef" * 2 + "01234567"


def program(home: Path) -> Path:
    """Its command, in an environment that is made if it is not there: 120 packages, 2 GB."""
    folder = home / "label-studio-env"
    found, made = folder / "bin" / "label-studio", folder / f"made-{VERSION}"
    if not made.exists():
        print(f"making the environment of Label Studio {VERSION} in {folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq"]
        subprocess.run([*pip, f"label-studio=={VERSION}"], check=True)
        made.touch()
    return found


class Studio:
    """A running one: its address, and its API as the owner."""

    def __init__(self, url: str) -> None:
        self.url = url
        headers = {"authorization": f"Token {TOKEN}"}
        self.api = httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def project(self, title: str, config: str, texts: Sequence[str]) -> int:
        """A project with these texts as its tasks."""
        made = self._json("POST", "/api/projects/", {"title": title, "label_config": config})
        number = int(made["id"])
        self._json("POST", f"/api/projects/{number}/import", [{"text": text} for text in texts])
        return number

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """Its tasks with their predictions."""
        found = self._json("GET", f"/api/tasks?project={project}&fields=all&page_size=100")
        return sorted(found["tasks"], key=lambda task: int(task["id"]))

    def backends(self, project: int) -> list[str]:
        """The addresses of its ML back ends."""
        return [str(one["url"]) for one in self._json("GET", f"/api/ml?project={project}")]

    def export(self, project: int) -> list[dict[str, Any]]:
        """What a person downloads as JSON: the tasks with annotations."""
        found = self._json("GET", f"/api/projects/{project}/export?exportType=JSON")
        assert isinstance(found, list)
        return found

    def is_up(self) -> bool:
        """Does it answer, and not somebody else at its port, while it starts?"""
        try:
            return "label-studio-os-package" in self.api.get("/api/version").text
        except httpx2.HTTPError:
            return False

    def _json(self, method: str, path: str, body: object = None) -> Any:
        answer = self.api.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


@contextmanager
def running(home: Path, data: Path) -> Iterator[Studio]:
    """One on a free port of loopback, with its database (sqlite) in ``data``."""
    port = free_port()
    env = {
        **os.environ,
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        # The gateway is on loopback, where Label Studio asks nobody by default.
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
    }
    who = ["--username", USER, "--password", PASSWORD, "--user-token", TOKEN]
    where = ["--port", str(port), "--internal-host", "127.0.0.1", "--no-browser"]
    command = [str(program(home)), "start", *who, *where]
    with (data / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            studio = Studio(f"http://127.0.0.1:{port}")
            # Its migrations take their time on a busy machine.
            until(lambda: studio.is_up() or process.poll() is not None, within_s=900)
            said = (data / "log").read_text(encoding="utf-8")[-2000:]
            assert process.poll() is None, f"Label Studio ended:\n{said}"
            yield studio
        finally:
            process.terminate()
            process.wait(30)
