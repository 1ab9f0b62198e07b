"""Run the gateway alone."""

import logging

from deploy.server import run
from service.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; how it stops is said in ``server.py``.

    Raises ManifestError and RegistryError.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    # One line a request to the engine would be the client library's own; ours are the metrics.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    run(settings)
