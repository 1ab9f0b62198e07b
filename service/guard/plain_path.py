"""Pure ASGI middleware: no route has a control character in its path.

A key's rights go by the path as it is; a router's pattern ends in ``$``, which matches before a
last line feed, too, so ``/adapters%0A`` would be a route without being listed.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import NotFound
from service.wire.answers import answer

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class PlainPath:
    """Answers 404 before anything looks at the path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _CONTROL.search(scope["path"]):
            missing = NotFound("there is no route with a control character in its path; see /docs")
            await answer(missing)(scope, receive, send)
        else:
            await self.app(scope, receive, send)
