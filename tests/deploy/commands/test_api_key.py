"""The commands in front of a gateway that asks for an api key."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Gateway, running
from tests.deploy.commands.test_cli import nerve
from tests.service.guard.test_keys import table
from tests.support.fake_engine import finds

TEXT = "叶老桂在浙商银行"


@pytest.fixture
def gateway(adapters: Path, tmp_path: Path) -> Iterator[Gateway]:
    """One that knows one key."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("somebody", "right", "extract"), encoding="utf-8")
    with running(adapters, api_keys_file=keys) as gateway:
        gateway.engine.script = finds("叶老桂")
        yield gateway


@pytest.mark.parametrize("command", ["text", "file", "evaluate"])
@pytest.mark.parametrize("key", ["right", "wrong", None])
def test_the_key_is_sent(
    gateway: Gateway, adapters: Path, tmp_path: Path, command: str, key: str | None
) -> None:
    """NERVE_API_KEY; without it, or with a wrong one, the gateway's own words."""
    rows, row = tmp_path / "rows.jsonl", {"text": TEXT, "label": {"name": {"叶老桂": [[0, 2]]}}}
    rows.write_text(json.dumps(row), encoding="utf-8")
    arguments = {
        "text": ("extract", TEXT),
        "file": ("extract", str(rows), "--out", str(tmp_path / "out.jsonl")),
        "evaluate": ("adapter", "evaluate", str(rows)),
    }[command]
    env = {"NERVE_ADAPTERS": str(adapters)} | ({"NERVE_API_KEY": key} if key else {})
    ran = nerve(*arguments, "--url", gateway.url, env=env)
    assert (ran.exit_code == 0) == (key == "right"), ran.output
    assert ("401" in ran.output) == (key != "right")
