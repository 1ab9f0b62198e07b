"""Can a process listen there? Asked before it is started. Standard library."""

import errno
import socket


class CannotListen(Exception):
    """Why not. ``elsewhere``: the host is no address of this machine; ``taken``: another listens
    there."""

    def __init__(self, reason: str, *, elsewhere: bool = False, taken: bool = False) -> None:
        super().__init__(reason)
        self.elsewhere, self.taken = elsewhere, taken


def check_listening(host: str, port: int) -> None:
    """Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError as exc:
            raise CannotListen("a port is 0 to 65535") from exc
        except (TypeError, UnicodeError) as exc:  # Python's words for a name that none can be
            raise CannotListen("it is no name of a host", elsewhere=True) from exc
        except OSError as exc:
            elsewhere = isinstance(exc, socket.gaierror) or exc.errno == errno.EADDRNOTAVAIL
            taken = exc.errno == errno.EADDRINUSE
            raise CannotListen(exc.strerror or str(exc), elsewhere=elsewhere, taken=taken) from exc
