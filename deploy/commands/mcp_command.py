"""``nerve mcp``: tools for an agent that starts programs, over a gateway that runs elsewhere."""

from deploy import GATEWAY_URL
from deploy.commands.options import Url
from deploy.commands.running import clear_errors


def mcp(url: Url = GATEWAY_URL) -> None:
    """Serve the tools extract, redact and list_models by MCP on standard input and output.

    They ask the gateway at --url, with NERVE_API_KEY if it wants a key. Agents start this
    themselves: {"command": "nerve", "args": ["mcp"], "env": {"NERVE_URL": "http://…"}}.
    """
    from importlib.metadata import version

    from service.settings import SettingsError

    with clear_errors():
        try:
            from service.mcp.tools import server
        except ImportError as exc:
            raise SettingsError(
                "MCP is spoken by its SDK, which is not installed; expected once: "
                "python -m pip install --require-hashes -r requirements/mcp.txt"
            ) from exc
        from deploy.remote_gateway import RemoteGateway

        server(RemoteGateway(url), version("nerve")).run("stdio")
