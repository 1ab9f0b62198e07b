"""One file over HTTP into a Partial, going on where the last try stopped.

The only module of a pull that knows the HTTP client; its errors become SourceFailed here.
"""

import os
import threading
import time

import httpx2

from deploy.pull.errors import SourceFailed, WrongHash
from deploy.pull.partial import Partial

TIMEOUT = httpx2.Timeout(30, connect=5)
REACH = 6.0  # seconds to the first answer of a host
PAUSES = (0.5, 1, 2, 4)  # seconds before the next try when a connection breaks with no byte gained
# What the HTTP client reads of the environment, in capitals or not.
_PROXIES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def client() -> httpx2.Client:
    """A client that obeys the proxy and CA variables of the environment; raises SourceFailed where
    one of them cannot be used."""
    try:
        return httpx2.Client(timeout=TIMEOUT, follow_redirects=True)
    except Exception as exc:
        raise SourceFailed(f"cannot be asked: {_told(exc)}") from exc


def check_reachable(url: str) -> None:
    """Raise SourceFailed unless the host answers anything at all within REACH seconds."""
    outcome: list[str] = []

    def ask() -> None:
        try:
            httpx2.head(url, timeout=REACH)
            outcome.append("")
        except httpx2.HTTPError as exc:
            outcome.append(f"{_reason(exc)}{_set_of(_may_be_the_cause(exc))}")
        except Exception as exc:  # a proxy of a kind that is not known here, no such certificates
            outcome.append(_told(exc))

    # In a thread, because looking up a host's name has no time limit of its own.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(REACH)
    reason = outcome[0] if outcome else f"no answer within {REACH:g} s{_set_of(_PROXIES)}"
    if reason:
        raise SourceFailed(f"cannot be reached: {reason}")


def download(http: httpx2.Client, url: str, partial: Partial) -> None:
    """Complete the file; raises SourceFailed (what came so far is kept), WrongHash, OSError."""
    resumed = partial.size > 0
    _receive(http, url, partial)
    try:
        partial.finish()
    except WrongHash:
        if not resumed:
            raise
        # The fault may lie in the part that an earlier try left behind.
        _receive(http, url, partial)
        partial.finish()


def _receive(http: httpx2.Client, url: str, partial: Partial) -> None:
    pauses = iter(PAUSES)
    while partial.size < partial.file.bytes:
        before = partial.size
        try:
            _stream(http, url, partial)
            reason = "the connection was closed early"
        except httpx2.HTTPError as exc:
            reason = _reason(exc)
        if partial.size > before:
            pauses = iter(PAUSES)
        elif (pause := next(pauses, None)) is not None:
            time.sleep(pause)
        else:
            raise SourceFailed(f"{url}: {reason}")


def _stream(http: httpx2.Client, url: str, partial: Partial) -> None:
    # A compressed answer would make nonsense of byte ranges.
    headers = {"accept-encoding": "identity"}
    if partial.size:
        headers["range"] = f"bytes={partial.size}-"
    with http.stream("GET", url, headers=headers) as answer:
        if answer.status_code not in (200, 206):
            raise SourceFailed(f"{url} answered {answer.status_code}")
        if partial.size and answer.status_code == 200:
            partial.restart()
        _check_length(url, answer, partial)
        for chunk in answer.iter_raw():
            partial.write(chunk)


def _check_length(url: str, answer: httpx2.Response, partial: Partial) -> None:
    length = answer.headers.get("content-length")
    total = partial.size + int(length) if length else partial.file.bytes
    if total != partial.file.bytes:
        raise SourceFailed(f"{url} has {total:,} bytes, expected {partial.file.bytes:,}")


def _reason(exc: Exception) -> str:
    return str(exc) or type(exc).__name__


def _told(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}{_set_of(_PROXIES + _CERTIFICATES)}"


def _may_be_the_cause(exc: httpx2.HTTPError) -> tuple[str, ...]:
    """Certificates have nothing to do with a name that is not known."""
    return _PROXIES + _CERTIFICATES if "CERTIFICATE" in str(exc) else _PROXIES


def _set_of(variables: tuple[str, ...]) -> str:
    """Those of them that are set, by name: a value may hold a password."""
    names = [name for name in os.environ if name.upper() in variables and os.environ[name]]
    return f" ({', '.join(names)} {'is' if len(names) == 1 else 'are'} set)" if names else ""
