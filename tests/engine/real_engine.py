"""A real vLLM with the tiny model: started through the launcher, killed and restarted at will."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.models.manifest import load_all
from tests.support.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
BUILDER = Path(__file__).with_name("tiny_model.py")
BASE = "tiny-qwen2"

# Seconds. A start takes half a minute on an idle machine; importing vLLM is what takes long.
START_WITHIN = 300.0
ANSWER_WITHIN = 120.0


def home() -> Path:
    """Where the engine's environment lies: ``NERVE_HOME``, else ``.nerve`` in the checkout."""
    return Path(os.environ.get("NERVE_HOME", ROOT / ".nerve"))


def tiny_model(python: Path) -> Path:
    """A folder with ``model`` and ``adapters``, built by the engine's Python and kept."""
    digest = hashlib.sha256(BUILDER.read_bytes()).hexdigest()[:16]
    folder = home() / "test-models" / digest
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as building:
            subprocess.run([python, BUILDER, f"{building}/whole"], check=True, timeout=120)
            # Another test run may have been faster.
            with suppress(OSError):
                Path(building, "whole").rename(folder)
    return folder


@dataclass
class RealEngine:
    """The engine: ``url``, ``adapters`` (the folder), ``names`` (public name -> engine name).

    ``start``, ``kill`` and ``restart`` work any number of times, always on the same address.
    """

    python: Path
    folder: Path
    store: Path
    log: Path
    flags: Sequence[str] = ()
    weights: str = "checkpoint"
    base: str = BASE  # the base model's public name
    dtype: str = "bfloat16"  # what users run; vLLM's LoRA kernels for GPUs take no float32
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """The engine's address, the same after each restart."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def adapters(self) -> Path:
        """The adapters folder that it was started with; the gateway can use it, too."""
        return self.folder / "adapters"

    @property
    def names(self) -> Mapping[str, str]:
        """Public name -> engine name, of every adapter and the base model."""
        return {self.base: self.base} | {
            one.name: one.engine_name for one in load_all(self.adapters)
        }

    def command(self) -> list[str]:
        """The launcher's command line."""
        options = {
            "--model": self.folder / "model",
            "--served-name": self.base,
            "--adapters": self.adapters,
            "--store": self.store,
            "--port": self.port,
            "--shutdown-timeout": 1,
            "--weights": self.weights,
        }
        words = [str(word) for option in options.items() for word in option]
        launcher = [str(self.python), "-m", "deploy.engine.launcher"]
        return [*launcher, *words, "--", "--dtype", self.dtype, *self.flags]

    def spawn(self) -> None:
        """Start it and return at once."""
        assert not self.alive, "it is running already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env={"VLLM_CPU_KVCACHE_SPACE": "1", **os.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it and return when it answers; fails with the end of its log if it does not."""
        self.spawn()
        self.wait_until_healthy()

    @contextmanager
    def running(self) -> Iterator["RealEngine"]:
        """Started for as long as a ``with`` lasts."""
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def wait_until_healthy(self, within: float = START_WITHIN) -> None:
        """Return once /health says so."""
        deadline = time.monotonic() + within
        while not self._healthy():
            if not self.alive:
                pytest.fail(f"the engine ended while starting; its log ends:\n{self.tail()}")
            if time.monotonic() > deadline:
                pytest.fail(f"no engine within {within:.0f} s; its log ends:\n{self.tail()}")
            time.sleep(0.2)

    @property
    def alive(self) -> bool:
        """Is its first process running?"""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End all its processes at once, as a crash of the machine would."""
        self._signal_group(signal.SIGKILL)

    def freeze(self) -> None:
        """Its processes stand still; its connections stay, and nothing comes."""
        self._signal_group(signal.SIGSTOP, within=0)

    def thaw(self) -> None:
        """They go on."""
        self._signal_group(signal.SIGCONT, within=0)

    def stop(self) -> None:
        """Ask it to end, then make it."""
        self._signal_group(signal.SIGTERM, within=30)
        self._signal_group(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it if it is running, and start it again."""
        self.kill()
        self.start()

    def chat(self, name: str, text: str, **fields: Any) -> httpx2.Response:
        """One chat completion, greedy, from an adapter or the base by its public name."""
        body = {
            "model": self.names[name],
            "messages": [{"role": "user", "content": text}],
            "temperature": 0,
            "max_tokens": 8,
            **fields,
        }
        url = f"{self.url}/v1/chat/completions"
        return httpx2.post(url, json=body, timeout=ANSWER_WITHIN, trust_env=False)

    def say(self, name: str, text: str, **fields: Any) -> str:
        """The completion of ``chat``; fails unless the answer is 200."""
        answer = self.chat(name, text, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["choices"][0]["message"]["content"])

    def requests_running(self) -> float:
        """vLLM's own count of the requests that it works on."""
        text = httpx2.get(f"{self.url}/metrics", trust_env=False).text
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if line.startswith("vllm:num_requests_running")
        )

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _healthy(self) -> bool:
        try:
            answer = httpx2.get(f"{self.url}/health", timeout=5, trust_env=False)
        except httpx2.TransportError:
            return False
        return answer.status_code == 200

    def _signal_group(self, number: signal.Signals, within: float = 30) -> None:
        """Signal every process that it started, and wait for the first one to end."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(within)


def new_engine(python: Path, folder: Path, place: Path) -> RealEngine:
    """An engine that keeps its log and its store in ``place``; not started."""
    shutil.rmtree(place / "store", ignore_errors=True)
    return RealEngine(python, folder, store=place / "store", log=place / "engine.log")
