"""What every request to the engine goes through: the breaker, and one more try where that is safe.

With ``engine.py`` the only module that knows the HTTP client, whose exceptions it passes on.
"""

import asyncio
import ssl
from time import monotonic

import httpx2

from service.breaker import Breaker

# Below the 5 s after which vLLM closes idle connections: a request seldom meets a closing one.
KEEPALIVE_S = 4.0
# A connection that was closed while it was idle says so within a round trip. Later, the engine may
# have been at work on the request, and would begin again.
RACE_S = 1.0
RETRY_PAUSE_S = 0.05


class EngineTransport(httpx2.AsyncBaseTransport):
    """Requests that ask for no work (GET) pass an open breaker: their success is what closes it.

    Raises EngineUnavailable while it is open.
    """

    def __init__(self, verify: ssl.SSLContext | bool, breaker: Breaker) -> None:
        limits = httpx2.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_S)
        # A proxy of the environment is meant for the world outside.
        self._inner = httpx2.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False)
        self._breaker = breaker

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer as soon as its headers are there."""
        if request.method != "GET":
            self._breaker.check()
        try:
            response = await self._twice(request)
        except (httpx2.ConnectTimeout, httpx2.NetworkError, httpx2.RemoteProtocolError):
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _twice(self, request: httpx2.Request) -> httpx2.Response:
        """Once more, where the engine cannot have begun to work on the request."""
        attempt = _Attempt()
        request.extensions = {**request.extensions, "trace": attempt.trace}
        try:
            return await self._inner.handle_async_request(request)
        except (httpx2.NetworkError, httpx2.RemoteProtocolError) as exc:
            if not (isinstance(exc, httpx2.ConnectError) or attempt.met_a_closed_connection()):
                raise
        await asyncio.sleep(RETRY_PAUSE_S)
        return await self._inner.handle_async_request(request)


class _Attempt:
    """What the client tells of one request: on which kind of connection, and how far it came."""

    def __init__(self) -> None:
        self._began = monotonic()
        self._is_new = self._is_answered = False

    async def trace(self, event: str, _: object) -> None:
        """The client calls this with each of its steps."""
        if event == "connection.connect_tcp.started":
            self._is_new = True
        elif event == "http11.receive_response_headers.complete":
            self._is_answered = True

    def met_a_closed_connection(self) -> bool:
        """Was it sent on a kept connection that the engine had closed?"""
        return not (self._is_new or self._is_answered) and monotonic() - self._began < RACE_S
