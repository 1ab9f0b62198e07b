"""``/mcp``: tools for agents, where they are asked for."""

from typing import TYPE_CHECKING, NoReturn

from fastapi import APIRouter

from service.errors import NotFound
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from service.mcp.backend import Backend
    from service.mcp.mounted import Mounted

PATH = "/mcp"


def mounted(settings: Settings, backend: "Backend", version: str) -> "Mounted | None":
    """The route to be, None where it is not asked for; raises SettingsError when the SDK is
    missing."""
    if not settings.mcp:
        return None
    try:
        from service.mcp.mounted import Mounted
    except ImportError as exc:
        raise SettingsError(
            "NERVE_MCP = 'true'; expected the packages of requirements/mcp.txt: pip install "
            f"--require-hashes -r requirements/mcp.txt ({exc.name} is missing)"
        ) from exc
    return Mounted(settings, backend, version)


def missing() -> APIRouter:
    """What says so where it is not asked for."""
    routes = APIRouter(include_in_schema=False)

    @routes.post(PATH, response_model=None)
    async def off() -> NoReturn:
        raise NotFound("there are no tools for agents here: NERVE_MCP is not true")

    return routes
