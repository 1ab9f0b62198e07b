"""Pure ASGI middleware: which key a route asks for, checked before the body is read."""

from typing import Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import AuthenticationFailed, NerveError, PermissionDenied
from service.guard import credentials
from service.guard.counters import Counters
from service.guard.keys import Key, Keys
from service.guard.keys import Scope as KeyScope
from service.guard.limits import Limits
from service.guard.share import HELD_BYTES, PLACES
from service.observe import request_record
from service.wire.answers import answer

# What operators and orchestrators ask, and the API's description.
OPEN = frozenset(
    {
        *("/live", "/ready", "/metrics", "/health", "/ping", "/version"),
        *("/docs", "/openapi.json"),
    }
)
_LABEL_STUDIO = "/label-studio/"
# /: a page to those who read; a door for Comprehend's and Hugging Face's clients to those who post.
_EXTRACT = frozenset(
    {
        *("/extract", "/extract/batch", "/redact", "/mcp", "/"),
        *("/analyze", "/supportedentities", "/recognizers"),
    }
)
_DOORS = (_LABEL_STUDIO, "/models/", "/service/", "/language/")
_OPENAI = frozenset({"/tokenize", "/detokenize"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})

Right = KeyScope | Literal["open", "any key"]


def right(method: str, path: str) -> Right:
    """What a request needs; a path that is not listed here needs a key, whatever its scopes."""
    # The page is no secret; what it asks of the API needs a key as ever.
    if path in OPEN or path.startswith("/playground/") or (path == "/" and method in _READING):
        return "open"
    if path in _EXTRACT or path.startswith(_DOORS):
        return "extract"
    if path in _OPENAI or path.startswith("/v1/"):
        return "openai"
    if method not in _READING and (path == "/adapters" or path.startswith("/adapters/")):
        return "admin"
    return "any key"


class Access:
    """Refuses with 401, 403 or 429; a key's request counts until its answer is complete."""

    def __init__(self, app: ASGIApp, keys: Keys, counters: Counters) -> None:
        self.app = app
        self._keys = keys
        self._counters = counters
        self._limits: dict[str, Limits] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            limits = self._admitted(scope)
        except NerveError as exc:
            await answer(exc)(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            if limits is not None:
                limits.leave()

    def _admitted(self, scope: Scope) -> Limits | None:
        """The limits that the request counts in, until it leaves; None where no key is asked for.

        Raises AuthenticationFailed, PermissionDenied, Overloaded.
        """
        needed = right(scope["method"], scope["path"])
        if not self._is_asked_for(needed):
            return None
        name, key = self._key(needed, scope["path"], Headers(scope=scope))
        request_record.has_key(name)
        limits = self._limits.get(name)
        if limits is None:
            limits = self._limits[name] = Limits(name, self._counters)
        limits.enter(key)
        if self._keys.are_several():
            HELD_BYTES.holds_for(limits.held_bytes)
            PLACES.holds_for(None if key.concurrency else limits.places)
        return limits

    def _is_asked_for(self, needed: Right) -> bool:
        return needed != "open" and (needed == "admin" or self._keys.needed)

    def _key(self, needed: Right, path: str, headers: Headers) -> tuple[str, Key]:
        """Raises AuthenticationFailed, PermissionDenied."""
        if needed == "admin" and not self._keys.needed and self._keys.none_for("admin"):
            raise PermissionDenied("adapters cannot be changed here: NERVE_ADMIN_KEY is not set")
        given = credentials.password if path.startswith(_LABEL_STUDIO) else credentials.given
        found = self._keys.find(given(headers))
        if found is None:
            said = "a wrong api key" if credentials.are_in(headers) else "no api key"
            raise AuthenticationFailed(f"{said}; expected the header authorization: Bearer <key>")
        name, key = found
        if needed != "any key" and needed not in key.scopes:
            has = ", ".join(key.scopes)
            raise PermissionDenied(f"the api key {name} has the scopes {has}; expected {needed}")
        return found
