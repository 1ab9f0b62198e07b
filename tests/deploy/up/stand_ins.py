"""``nerve up`` over stand-ins for engine and gateway: HOME, the engine's port, the gateway's.

Each writes into HOME/told what happens to it. The engine does not end when it is asked to.
"""

import sys
from pathlib import Path

from rich.console import Console

from deploy.commands.running import clear_errors
from deploy.pull.store import PulledModel
from deploy.up import up
from deploy.up.install import EngineFlags, Installed, Places
from deploy.up.supervised import Part
from service.settings import Settings

SERVER = """
import http.server, os, signal, sys
name, port = sys.argv[1:]
def tell(what):
    with open("told", "a") as told:
        told.write(f"{name} {what}\\n")
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    do_POST = do_GET
def end(*_):
    tell("is asked to end")
    if name == "gateway":
        os._exit(0)
signal.signal(signal.SIGTERM, end)
tell(os.getpid())
http.server.HTTPServer(("127.0.0.1", int(port)), Answer).serve_forever()
"""


def part(name: str, home: Path, port: str) -> Part:
    """A server that answers everything."""
    return Part(
        name=name,
        command=[sys.executable, "-c", SERVER, name, port],
        env={},
        cwd=home,
        log=home / "logs" / f"{name}.log",
        ready_url=f"http://127.0.0.1:{port}/",
        start_s=20,
        stop_s=0.5 if name == "engine" else 10,
    )


def main(home: Path, engine_port: str, gateway_port: str) -> None:
    """Up, until it is ended."""
    engine, gateway = part("engine", home, engine_port), part("gateway", home, gateway_port)
    installed = Installed(Path(sys.executable), "base", PulledModel(home, ()))
    vars(up).update(
        _engine=lambda *_: engine, _gateway=lambda *_: gateway, install=lambda *_: installed
    )
    adapters = home / "adapters"
    adapters.mkdir(parents=True)
    settings = Settings(
        engine_url=engine.ready_url.rstrip("/"), port=int(gateway_port), adapters=adapters
    )
    with clear_errors():
        up.up(settings, Places(home), Console(), EngineFlags())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
