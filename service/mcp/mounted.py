"""``/mcp``: the tools over streamable HTTP, a request and its answer, without sessions, so that
copies of the gateway stand side by side."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from service.mcp.backend import Backend
from service.mcp.tools import server
from service.settings import Settings

PATH = "/mcp"


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
        """Starlette calls it for a request that is for it."""
        scope["route"] = self
        await super().handle(scope, receive, send)
