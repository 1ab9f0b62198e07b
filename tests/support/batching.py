"""A client of ``POST /extract/batch`` that sends and reads as it is told, on a raw socket."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import Gateway

HEADERS = {"content-type": "application/x-ndjson"}
HEAD = (
    b"POST /extract/batch HTTP/1.1\r\nhost: localhost\r\n"
    b"content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
)


class Client:
    """One batch: ``send`` rows, ``end``, read ``answers``."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.sendall(HEAD)
        self._answer = connection.makefile("rb")

    def send(self, *rows: object) -> None:
        """Rows as JSON; bytes as they are."""
        for row in rows:
            line = row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n"
            self.socket.sendall(b"%x\r\n%b\r\n" % (len(line), line))

    def end(self) -> None:
        """No more rows."""
        self.socket.sendall(b"0\r\n\r\n")

    def head(self) -> bytes:
        """The answer's status line and headers."""
        lines = []
        while (line := self._answer.readline()) not in (b"\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def rest(self) -> bytes:
        """What is left, up to the connection's end."""
        return self._answer.read()

    def close(self) -> None:
        """Leave."""
        self._answer.close()
        self.socket.close()

    def answers(self) -> Iterator[dict[str, Any]]:
        """The answer's lines, each as soon as it is there; a chunk of HTTP is one line."""
        while size := int(self._answer.readline(), 16):
            line = self._answer.read(size)
            assert line.endswith(b"\n")
            self._answer.readline()
            yield json.loads(line)


def post(gateway: Gateway, body: bytes) -> list[dict[str, Any]]:
    """A batch in one piece, and its answers."""
    response = gateway.client.post("/extract/batch", content=body, headers=HEADERS)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


@contextmanager
def batch(url: str, receive_buffer: int | None = None) -> Iterator[Client]:
    """A connection to the gateway; ``receive_buffer`` in bytes, else the system's."""
    address = urlsplit(url)
    with socket.socket() as connection:
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect((address.hostname, address.port))
        client = Client(connection)
        try:
            yield client
        finally:
            client.close()
