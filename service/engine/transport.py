"""What every request to the engine goes through: the breaker, and another try where that is safe.

With the exchange and the forwarding the only module that knows the HTTP client, whose exceptions
it passes on.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from types import SimpleNamespace

import aiohttp
from yarl import URL

from service.engine.breaker import Breaker
from service.engine.signs import Signs

# Below the 5 s after which vLLM closes idle connections: a request seldom meets a closing one.
KEEPALIVE_S = 4.0
CONNECT_TIMEOUT_S = 5.0
# A connection that was closed while it was idle says so within a round trip. Later, the engine may
# have been at work on the request, and would begin again.
RACE_S = 1.0
RETRY_PAUSE_S = 0.05

# The engine is gone, or hung up.
Unreachable = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the engine is: ``url`` without a path of its own or with one, its ``headers`` for
    every request, and whom to trust; None are the system's authorities."""

    url: str
    headers: Mapping[str, str]
    trust: ssl.SSLContext | None


class EngineTransport:
    """Requests that ask for no work (GET) pass an open breaker: their success is what closes it."""

    def __init__(self, address: Address, breaker: Breaker) -> None:
        self.signs = Signs()
        self._address = address
        self._breaker = breaker
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """The answer as soon as its headers are there; whoever called closes it.

        Raises EngineUnavailable while the breaker is open, and the client's exceptions.
        """
        if method != "GET":
            self._breaker.check()
        try:
            response = await self._again(method, path, body, headers)
        except (*Unreachable, aiohttp.ClientResponseError):
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        self.signs.answered()
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _again(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Once more where nobody listened, and as often as the connection was one that the engine
        had closed: it cannot have begun to work on the request."""
        began, was_refused = monotonic(), False
        while True:
            attempt = _Attempt()
            try:
                return await self._once(attempt, method, path, body, headers)
            except aiohttp.ClientConnectorError:
                if was_refused:
                    raise
                was_refused = True
                await asyncio.sleep(RETRY_PAUSE_S)
            except aiohttp.ClientConnectionError:
                if not attempt.on_a_kept_one or monotonic() - began > RACE_S:
                    raise

    async def _once(
        self,
        attempt: "_Attempt",
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = _session(self._address)
        return await self._session.request(
            method,
            _url(self._address.url, path),
            data=body,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=attempt,
        )


@lru_cache
def _url(engine: str, path: str) -> URL:
    return URL(engine.rstrip("/") + path, encoded=True)


@dataclass(slots=True)
class _Attempt:
    """What the client tells of one request: was it sent on a connection that it had kept?"""

    on_a_kept_one: bool = False


def _session(address: Address) -> aiohttp.ClientSession:
    """A client without limits of its own: how many and how long is decided elsewhere."""
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(_reused)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=KEEPALIVE_S, ssl=address.trust or True
        ),
        headers=address.headers,
        skip_auto_headers=("user-agent", "content-type"),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,  # a proxy of the environment is meant for the world outside
        trace_configs=[tracing],
    )


async def _reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.on_a_kept_one = True
