"""``/mcp``: the tools over streamable HTTP, a request and its answer, without sessions, so that
copies of the gateway stand side by side."""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from service.errors import InvalidRequest
from service.mcp.backend import Backend
from service.mcp.tools import server
from service.settings import Settings
from service.wire.json_object import DECODER

PATH = "/mcp"

_MOST_VALUES = 1000
_QUOTE = ord('"')
# One that does not end goes to the end: whoever looked for another in it would read it each time.
_PARTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{,]', re.DOTALL)


class Mounted:
    """``route`` answers while ``running()`` lasts."""

    def __init__(self, settings: Settings, backend: Backend, version: str) -> None:
        tools = server(backend, version)
        found: Sequence[BaseRoute] = tools.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=settings.max_body_bytes,
            # ``guard.same_site`` does this for every route.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        ).routes
        # There is nothing that the server would say by itself: no GET, which would be held open.
        (only,) = (route.endpoint for route in found if isinstance(route, Route))
        self.route = _Counted(PATH, endpoint=only, methods=["POST"])
        self._sessions = tools.session_manager

    def running(self) -> AbstractAsyncContextManager[None]:
        """Once."""
        running: AbstractAsyncContextManager[None] = self._sessions.run()
        return running


class _Counted(Route):
    """Metrics, log and traces have its requests by its path, as they have those of FastAPI's."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette calls it for a request that is for it. Raises InvalidRequest."""
        scope["route"] = self
        unread = [await receive()]  # the body is in one piece: ``guard.body``
        _check(unread[0].get("body", b""))

        async def replay() -> Message:
            return unread.pop() if unread else await receive()

        await super().handle(scope, replay, send)


def _check(body: bytes) -> None:
    """The SDK keeps the whole message while a tool works, and nested lists at 45 times their bytes;
    a message of a client's has some dozens of values. Of a name that is there twice it keeps the
    last. Raises InvalidRequest."""
    values = 0
    for place, part in enumerate(_PARTS.finditer(body)):
        values += body[part.start()] != _QUOTE
        # A value has a string at most, and a name.
        if values > _MOST_VALUES or place > 3 * _MOST_VALUES:
            raise InvalidRequest(f"the message has many values; expected up to {_MOST_VALUES}")
    with suppress(ValueError, RecursionError):  # what is no JSON is the SDK's to tell
        DECODER.decode(body.decode())
