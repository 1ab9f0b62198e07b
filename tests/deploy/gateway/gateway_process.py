"""`nerve serve` as a process of its own, in front of a scripted engine in this one."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.conftest import BASE
from tests.support.serving import free_port
from tests.support.tools import ROOT
from tests.support.waiting import until


class GatewayProcess:
    """One gateway on a port of its own; it can be ended and begun again."""

    module = "deploy.commands.cli"

    def __init__(self, adapters: Path, engine_url: str, log: Path, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        given = {f"NERVE_{name.upper()}": str(value) for name, value in settings.items()}
        self._log = log
        self._env = {
            **os.environ,
            "NERVE_PORT": str(self.port),
            "NERVE_ENGINE_URL": engine_url,
            "NERVE_BASE_MODEL": BASE,
            "NERVE_ADAPTERS": str(adapters),
            "NERVE_PROBE_INTERVAL_S": "0.2",
            **given,
        }
        self.process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", self.module, "serve"]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)

    def status(self, path: str) -> int:
        """The status of a GET on a connection of its own; 0 when nobody listens."""
        # Not httpx2, which reads all CA certificates for each: on a busy machine half a second, and
        # a balancer that looks so seldom would miss a gateway that drains.
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as client:
            try:
                client.request("GET", path)
                return client.getresponse().status
            except (HTTPException, OSError):
                return 0

    def wait_until_ready(self) -> None:
        """Return when /ready says so."""
        until(lambda: self.status("/ready") == 200, within_s=120)

    def said(self) -> str:
        """Its log."""
        return self._log.read_text(encoding="utf-8")

    def end(self, *signals: int) -> int:
        """Send the signals, SIGTERM if there are none; its exit status."""
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        return self.process.wait(60)

    def begin_again(self) -> None:
        """On the same port."""
        self.process = self._begun()

    def kill(self) -> None:
        """However it is."""
        self.process.kill()
        self.process.wait(10)

    def memory_mib(self) -> float:
        """Its resident memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def talk(self, *parts: bytes) -> bytes:
        """Everything that it answers to these bytes, until it closes the connection."""
        with self.connect() as client:
            # It may have answered and closed before it has read everything.
            with suppress(ConnectionError):
                for part in parts:
                    client.sendall(part)
            return read_to_the_end(client)


LIVE = b"GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n"


def ask_live(client: socket.socket) -> bytes:
    """GET /live on a kept connection; the whole answer, in small letters."""
    client.sendall(LIVE)
    answer = b""
    while not answer.endswith(b'{"live":true}'):
        data = client.recv(65536)
        assert data, f"cut off after {answer!r}"
        answer += data
    return answer.lower()


def read_to_the_end(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    answer = b""
    with suppress(ConnectionError):
        while data := client.recv(65536):
            answer += data
    return answer


@contextmanager
def live_gateway(
    adapters: Path, engine_url: str, folder: Path, **settings: object
) -> Iterator[GatewayProcess]:
    """One that answers, whatever its engine does; killed at the end if it is still there."""
    log = folder / f"gateway-{free_port()}.log"
    gateway = GatewayProcess(adapters, engine_url, log, **settings)
    try:
        until(lambda: gateway.status("/live") == 200, within_s=60)
        yield gateway
    finally:
        gateway.kill()


@contextmanager
def gateway_process(
    adapters: Path, engine_url: str, folder: Path, **settings: object
) -> Iterator[GatewayProcess]:
    """One that is ready; killed at the end if it is still there."""
    with live_gateway(adapters, engine_url, folder, **settings) as gateway:
        gateway.wait_until_ready()
        yield gateway
