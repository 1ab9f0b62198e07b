"""Pure ASGI middleware: a request has no cookies.

Nothing here sets any, and FastAPI reads them on each of its routes: Python before 3.11.10 and
3.12.6 takes time with the square of the backslashes in a quoted one (CVE-2024-7592).
"""

from starlette.types import ASGIApp, Receive, Scope, Send

_COOKIE = b"cookie"


class NoCookies:
    """Takes the header away before anybody looks for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        headers = scope.get("headers", ())
        if any(name == _COOKIE for name, _ in headers):
            scope["headers"] = [pair for pair in headers if pair[0] != _COOKIE]
        await self.app(scope, receive, send)
