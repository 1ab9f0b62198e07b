"""A real HTTP server of a few files, with byte ranges, that can stop or cut a download."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = 64 * 1024


@dataclass
class FileServer:
    """`files` by path, e.g. `/org/repo/resolve/main/a.bin`; everything else is 404."""

    files: dict[str, bytes]
    ranges: bool = True  # False: answers 200 and the whole file to every request
    hold_at: int | None = None  # stops after so many bytes of an answer, until `release` is set
    cut_at: int | None = None  # closes the connection after so many bytes of an answer
    release: threading.Event = field(default_factory=threading.Event)
    requests: list[tuple[str, str | None]] = field(default_factory=list)  # (path, Range) of GETs
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers from `files`; a subclass made by `serving` sets it."""

    files: FileServer

    def do_HEAD(self) -> None:
        self._answer(200 if self.path in self.files.files else 404, b"")

    def do_GET(self) -> None:
        wanted = self.headers.get("range")
        self.files.requests.append((self.path, wanted))
        body = self.files.files.get(self.path)
        if body is None:
            self._answer(404, b"no such file")
        elif wanted and self.files.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self._answer(206, body[start:], f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if content_range:
            self.send_header("content-range", content_range)
        self.end_headers()
        hold_at, cut_at = self.files.hold_at, self.files.cut_at
        for start in range(0, len(body), BLOCK):
            if hold_at is not None and start >= hold_at:
                self.files.release.wait()
            if cut_at is not None and start >= cut_at:
                return
            try:
                self.wfile.write(body[start : start + BLOCK])
            except OSError:
                return  # the client has left

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """Serve on a free port of the loopback while the block runs."""
    handler = type("FilesHandler", (Handler,), {"files": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_port}"
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            listener.shutdown()
            thread.join()
