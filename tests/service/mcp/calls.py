"""How tests call tools, as an agent's framework does: by the SDK's own client."""

import asyncio
from typing import Any

import pytest

mcp = pytest.importorskip("mcp", reason="requirements/mcp.txt is not installed")


def tools(server: object) -> dict[str, Any]:
    """What a server offers: the tools by name."""

    async def ask() -> dict[str, Any]:
        async with mcp.Client(server) as client:
            return {one.name: one for one in (await client.list_tools()).tools}

    return asyncio.run(ask())


def capabilities(server: object) -> Any:
    """What a server says that it has."""

    async def ask() -> Any:
        async with mcp.Client(server) as client:
            return client.server_capabilities

    return asyncio.run(ask())


def call(server: object, tool: str, **arguments: object) -> Any:
    """What a tool answers, as an object; ToolFailed with what it says when it fails."""

    async def ask() -> Any:
        async with mcp.Client(server) as client:
            return await client.call_tool(tool, arguments)

    result = asyncio.run(ask())
    if result.is_error:
        raise ToolFailed(result.content[0].text)
    return result.structured_content


class ToolFailed(Exception):
    """A tool's error, as an agent reads it."""
