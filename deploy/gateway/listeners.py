"""The sockets that a gateway, or its workers, take connections from."""

import socket
from collections.abc import Iterator

from service.settings import Settings, SettingsError

_BACKLOG = 2048


def listeners_of(settings: Settings) -> Iterator[socket.socket]:
    """A socket for each address that the host's name stands for, as asyncio has it.

    Raises SettingsError.
    """
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )
        for family, kind, proto, _, address in dict.fromkeys(found):
            listener = socket.socket(family, kind, proto)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            yield listener
    except OSError as exc:
        raise SettingsError(
            f"NERVE_HOST = {host!r}, NERVE_PORT = {port}: cannot listen there: {exc.strerror}"
        ) from exc
