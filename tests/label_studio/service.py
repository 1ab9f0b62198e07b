"""Nerve as its user has it: commands, each a process, with an adapters folder of its own."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.engine.real_engine import ROOT, home
from tests.service.guard.test_keys import table
from tests.support.serving import free_port
from tests.support.waiting import until

KEY = "a-key-for-label-studio"
_NERVE = (sys.executable, "-m", "deploy.commands.cli")
# Weights are there already; a slow machine beside other work takes some minutes.
_UP_S = 900.0


@dataclass(frozen=True)
class Service:
    """Its folder, with ``adapters`` in it, and where its gateway listens."""

    folder: Path
    port: int
    engine_port: int

    @classmethod
    def of(cls, folder: Path) -> "Service":
        """One with the adapters of this checkout; a key is asked for."""
        adapters = folder / "adapters"
        for manifest in (ROOT / "adapters").glob("*/adapter.toml"):
            shutil.copytree(manifest.parent, adapters / manifest.parent.name)
        shutil.copyfile(ROOT / "adapters" / "registry.toml", adapters / "registry.toml")
        (folder / "keys.toml").write_text(table("studio", KEY, "extract"), encoding="utf-8")
        return cls(folder, free_port(), free_port())

    @property
    def url(self) -> str:
        """Of the gateway."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *words: str | Path) -> str:
        """A command, shown as it is typed, to its end; what it printed on standard output."""
        print(f"$ nerve {shlex.join(map(str, words))}".replace(f"{self.folder}/", ""), flush=True)
        done = subprocess.run(
            [*_NERVE, *words], env=self._env(), stdout=subprocess.PIPE, text=True, check=True
        )
        print(done.stdout.replace(f"{self.folder}/", ""), end="", flush=True)
        return done.stdout

    @contextmanager
    def up(self) -> Iterator[None]:
        """`nerve up`, until it can be asked; ended by Ctrl-C."""
        output = self.folder / "up.log"
        with output.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(
                [*_NERVE, "up"],
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._env(),
            )
        try:
            until(lambda: self._is_ready() or process.poll() is not None, _UP_S)
            assert process.poll() is None, output.read_text(encoding="utf-8")
            yield
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(90)

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/ready", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def _env(self) -> dict[str, str]:
        return {
            **os.environ,
            "NERVE_HOME": str(home().absolute()),
            "NERVE_ADAPTERS": str(self.folder / "adapters"),
            "NERVE_STORE": str(self.folder / "store"),
            "NERVE_API_KEYS_FILE": str(self.folder / "keys.toml"),
            "NERVE_PORT": str(self.port),
            "NERVE_ENGINE_URL": f"http://127.0.0.1:{self.engine_port}",
            "NERVE_DEADLINE_S": "300",
        }
