"""Pure ASGI middleware: who has no key is not asked for by another site's page.

A browser sends what any page tells it to, to loopback too. Two ways are closed where no key is
needed: a name that was made to lead here (DNS rebinding), and a request from another site.
"""

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import PermissionDenied
from service.settings import Settings, is_loopback
from service.wire.answers import answer
from service.wire.headers import header

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# What orchestrators and proxies ask, by whichever name; it tells nothing.
_ANY_NAME = frozenset({"/live", "/ready", "/health", "/ping"})


class SameSite:
    """Refuses with 403; ``needs_keys``: then a page has none to send, and all are let through."""

    def __init__(self, app: ASGIApp, settings: Settings, needs_keys: bool) -> None:
        self.app = app
        self._origins = settings.cors_origins
        named = (settings.host, *settings.allowed_hosts)
        self._hosts = {"localhost", "127.0.0.1", *map(str.lower, named)}
        self._is_off = needs_keys
        self._is_local = is_loopback(settings.host) and "*" not in settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = None if scope["type"] != "http" or self._is_off else self._refusal(scope)
        if refused is None:
            await self.app(scope, receive, send)
        else:
            await answer(refused)(scope, receive, send)

    def _refusal(self, scope: Scope) -> PermissionDenied | None:
        host = header(scope, b"host")
        if host and self._is_local and scope["path"] not in _ANY_NAME:
            name = host_of(host)
            if not (name in self._hosts or is_loopback(name)):
                return PermissionDenied(
                    f"the header host has {host[:64]!r}; expected a name of loopback, or one of "
                    "NERVE_ALLOWED_HOSTS, since there are no api keys"
                )
        if scope["method"] not in _READING and self._is_elsewhere(scope, host or ""):
            return PermissionDenied(
                "another site's page asks; expected one of NERVE_CORS_ORIGINS, since there are no "
                "api keys"
            )
        return None

    def _is_elsewhere(self, scope: Scope, host: str) -> bool:
        origin = header(scope, b"origin")
        if _is_among(origin, self._origins):
            return False
        site = header(scope, b"sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and origin.partition("://")[2] != host


def _is_among(origin: str | None, origins: Collection[str]) -> bool:
    return "*" in origins or origin in origins


def host_of(given: str) -> str:
    """Without the port, and without the brackets of IPv6; in small letters."""
    if given.startswith("["):
        return given[1:].partition("]")[0].lower()
    return given.partition(":")[0].lower().rstrip(".")
