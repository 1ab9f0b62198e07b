"""Run the gateway alone."""

from deploy.gateway import logs
from deploy.gateway.server import run
from service.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; how it stops is said in ``server.py``.

    Raises ManifestError and RegistryError.
    """
    logs.configure(settings)
    run(settings)
