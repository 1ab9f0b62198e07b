"""Run the gateway alone: in this process, or as several that share a port."""

from functools import partial

from deploy.gateway import logs
from deploy.gateway.server import run, server
from deploy.gateway.workers import watch_over_workers
from service.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; how it stops is said in ``server.py`` and ``workers.py``.

    Raises ManifestError, RegistryError and SettingsError.
    """
    logs.configure(settings)
    if settings.workers == 1:
        run(settings, partial(server, settings))
    else:
        watch_over_workers(settings)
