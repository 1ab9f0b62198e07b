"""Where engine and gateway listen, and whether they can, before minutes of downloads."""

from urllib.parse import urlsplit

from deploy.engine.listening import CannotListen, check_listening
from deploy.up.supervised import UpFailed
from service.settings import Settings, is_loopback, without_password

_USUAL_PORTS = {"http": 80, "https": 443}


def engine_address(settings: Settings) -> tuple[str, int]:
    """Host and port of NERVE_ENGINE_URL."""
    url = urlsplit(settings.engine_url)
    return url.hostname or "", url.port or _USUAL_PORTS[url.scheme]


def check_ports(settings: Settings) -> None:
    """Raises UpFailed when the engine or the gateway could not listen where it is meant to."""
    host, port = engine_address(settings)
    if urlsplit(settings.engine_url).scheme != "http" or not is_loopback(host):
        raise UpFailed(
            f"NERVE_ENGINE_URL = {without_password(settings.engine_url)!r}; `nerve up` starts the "
            "engine itself and expected http://127.0.0.1:PORT; for an engine elsewhere there is "
            "`nerve serve`"
        )
    if port == settings.port:
        raise UpFailed(f"NERVE_PORT = {settings.port}; expected another than the engine's port")
    check_engine(settings)
    _check("the gateway", "NERVE_HOST", "NERVE_PORT", settings.host, settings.port)


def check_engine(settings: Settings) -> None:
    """Raises UpFailed when the engine could not listen where NERVE_ENGINE_URL says."""
    _check("the engine", "NERVE_ENGINE_URL", "NERVE_ENGINE_URL", *engine_address(settings))


def _check(who: str, names_host: str, names_port: str, host: str, port: int) -> None:
    try:
        check_listening(host, port)
    except CannotListen as exc:
        if exc.elsewhere:
            raise UpFailed(
                f"{host}, where {who} is to listen, is no address of this machine: {exc}. "
                f"{names_host} names another"
            ) from exc
        raise UpFailed(
            f"port {port} on {host}, where {who} is to listen, cannot be had: {exc}. "
            f"{'Is Nerve up already? ' if exc.taken else ''}{names_port} names another"
        ) from exc
