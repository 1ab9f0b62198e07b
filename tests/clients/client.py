"""A client: its packages in an environment of its own, and what it is asked to do."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HOME = ROOT / ".nerve" / "clients"
_LONGEST_S = 600
# Nothing of the caller's own accounts, and nobody is told of what is done.
_ENVIRONMENT = {
    "NO_PROXY": "*",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "AZURE_TELEMETRY_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether one thing works; ``why`` not, else empty."""

    what: str
    works: bool
    why: str


@dataclass(frozen=True, slots=True)
class Client:
    """``name`` is the package whose version is told; ``asks`` a file of ``asks/``."""

    name: str
    title: str
    packages: tuple[str, ...]
    asks: str

    @property
    def is_npm(self) -> bool:
        """Is it a package of npm's?"""
        return self.asks.endswith(".mjs")

    @property
    def folder(self) -> Path:
        """Its environment."""
        return HOME / self.name

    def install(self) -> None:
        """Make its environment, unless there is one; raises CalledProcessError."""
        done = self.folder / "made"
        if done.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.is_npm:
            _run("npm", "install", "--no-fund", "--no-audit", *self.packages, cwd=self.folder)
        else:
            uv = str(Path(sys.executable).with_name("uv"))
            _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(self.folder))
            python = str(self.python)
            _run(uv, "pip", "install", "--quiet", "--python", python, *self.packages)
        done.touch()

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    def version(self) -> str:
        """Of the package that was installed."""
        if self.is_npm:
            package = self.folder / "node_modules" / self.name.removesuffix("-npm")
            return str(json.loads((package / "package.json").read_text("utf-8"))["version"])
        said = f"from importlib.metadata import version; print(version({self.name!r}))"
        return _output(str(self.python), "-c", said).strip()

    def ask(self, url: str, model: str, python: Path | None = None) -> list[Outcome]:
        """Everything, of the gateway at ``url``; by another ``python`` where that is given."""
        file = HERE / "asks" / self.asks
        if self.is_npm:
            # Packages are sought beside the file that imports them.
            placed = self.folder / self.asks
            placed.write_bytes(file.read_bytes())
            command = ["node", str(placed)]
        else:
            command = [str(python or self.python), str(file)]
        said = _output(*command, url, model, check=False)
        outcomes = [json.loads(line) for line in said.splitlines() if line.startswith('{"what"')]
        return [Outcome(**one) for one in outcomes] or [Outcome("anything", False, said[-400:])]


def clients() -> list[Client]:
    """All that are listed."""
    listed: Mapping[str, Any] = tomllib.loads((HERE / "clients.toml").read_text("utf-8"))
    return [
        Client(name, one["title"], tuple(one["packages"]), one["asks"])
        for name, one in listed.items()
    ]


def _run(*command: str, cwd: Path = ROOT) -> None:
    subprocess.run(command, cwd=cwd, check=True, timeout=_LONGEST_S)


def _output(*command: str, check: bool = True) -> str:
    """What it prints; its complaints go to ours."""
    env = {**os.environ, **_ENVIRONMENT}
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, env=env, check=check, timeout=_LONGEST_S
        )
    except subprocess.TimeoutExpired as exc:
        return f"no end within {_LONGEST_S} s: {exc.cmd}"
    return done.stdout
