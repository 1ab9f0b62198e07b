"""``nerve mcp``: an agent starts it, it asks a gateway."""

import sys
from pathlib import Path

import pytest

from tests.conftest import ADAPTER, Gateway, running
from tests.service.guard.test_keys import table
from tests.service.mcp.calls import ToolFailed, call, mcp, tools
from tests.support.fake_engine import completes
from tests.support.serving import free_port
from tests.support.streaming import BANK, NAME, TEXT


def command(url: str, key: str = "") -> object:
    """How an agent's configuration names it."""
    env = {"NERVE_URL": url, **({"NERVE_API_KEY": key} if key else {})}
    args = ["-m", "deploy.commands.cli", "mcp"]
    return mcp.client.stdio.StdioServerParameters(command=sys.executable, args=args, env=env)


def test_the_tools_are_those_of_the_gateway(gateway: Gateway) -> None:
    """The same three, the same answers."""
    gateway.engine.script = completes("公司：浙商银行\n姓名：叶老桂")
    server = command(gateway.url)
    assert set(tools(server)) == {"extract", "redact", "list_models"}
    answer = call(server, "extract", text=TEXT, labels=["company", "name"])
    assert (answer["model"], answer["entities"]) == (ADAPTER, [BANK, NAME])
    assert call(server, "redact", text=TEXT)["redacted"] == "[COMPANY]的[NAME]"
    assert call(server, "list_models")["models"][0]["name"] == ADAPTER
    with pytest.raises(ToolFailed, match="labels has 'dish'; expected labels of clue"):
        call(server, "extract", text=TEXT, labels=["dish"])


def test_a_gateway_that_is_not_there(tmp_path: Path, adapters: Path) -> None:
    """The tool says where it looked and what to do; and a wrong key is called one."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ToolFailed, match=f"no gateway answers at {url} .*`nerve up`"):
        call(command(url), "list_models")
    keys = tmp_path / "keys.toml"
    keys.write_text(table("agent", "agent-key", "extract"))
    with running(adapters, api_keys_file=keys) as gateway:
        assert call(command(gateway.url, "agent-key"), "list_models")["models"]
        with pytest.raises(ToolFailed, match="authentication_error: a wrong api key"):
            call(command(gateway.url, "wrong"), "list_models")
