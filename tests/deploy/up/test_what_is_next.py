"""What is printed to be typed next can be pasted into a shell."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from deploy import GATEWAY_URL
from deploy.terminal.called import called
from deploy.up.up import show_addresses

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent


@pytest.fixture(params=["on the path", "in the checkout", "elsewhere"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Where a person stands, and whether their shell knows `nerve`."""
    path = os.environ["PATH"].replace(str(BIN), "/usr/bin")
    monkeypatch.setenv("PATH", f"{BIN}:{path}" if request.param == "on the path" else path)
    monkeypatch.chdir(tmp_path if request.param == "elsewhere" else BIN.parent.parent)
    return str(request.param)


def test_nerve_is_called_as_the_shell_finds_it(where: str) -> None:
    """By its name, or by its path."""
    expected = {"on the path": "nerve", "in the checkout": f"{BIN.parent.name}/bin/nerve"}
    assert called() == expected.get(where, str(BIN / "nerve"))
    shown = subprocess.run(f"{called()} convert --help", shell=True, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("url", [GATEWAY_URL, "http://127.0.0.1:8081"])
def test_up_prints_a_command_for_the_next_sentence(url: str) -> None:
    """With a sentence in it, and the address where it is not the usual one."""
    console = Console(file=io.StringIO(), width=40)
    show_addresses(console, url)
    assert isinstance(console.file, io.StringIO)
    (line,) = (one for one in console.file.getvalue().splitlines() if " extract " in one)
    option = "" if url == GATEWAY_URL else f" --url {url}"
    sentence = line.removeprefix(f"another sentence    {called()} extract{option} ")
    assert sentence.startswith('"') and sentence.endswith('。"')


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_readmes_show_what_is_printed(readme: str) -> None:
    """Line by line, as in a checkout whose environment no shell has activated."""
    console = Console(file=io.StringIO(), width=200)
    show_addresses(console, GATEWAY_URL)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue().replace(f" {called()} ", " .venv/bin/nerve ")
    assert printed in (ROOT / readme).read_text(encoding="utf-8")
