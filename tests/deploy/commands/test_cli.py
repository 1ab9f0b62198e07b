"""The command line: what it prints, and how it fails."""

import fcntl
import io
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from deploy.commands.cli import app
from deploy.terminal.show import show_answer
from tests.conftest import Gateway
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails
from tests.support.open_adapter import open_gateway
from tests.support.serving import free_port

WIDE = {"COLUMNS": "200"}


def nerve(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Result:
    """Run the command in this process: its own start-up is timed once, below."""
    return CliRunner().invoke(app, arguments, input=stdin, env={**WIDE, **(env or {})})


def test_help_is_quick_and_names_every_command() -> None:
    """It loads no web framework."""
    command = [sys.executable, "-X", "importtime", "-m", "deploy.commands.cli", "--help"]
    started = time.monotonic()
    help_ = subprocess.run(command, capture_output=True, text=True, check=True)
    assert time.monotonic() - started < 15  # on a machine that does other work
    names = ("up", "serve", "engine", "pull", "extract", "doctor", "adapter")
    assert all(name in help_.stdout for name in names)
    assert not any(name in help_.stderr for name in ("fastapi", "httpx2", "pydantic"))


def test_extract_shows_entities_and_what_was_dropped(gateway: Gateway) -> None:
    """For a person."""
    gateway.engine.script = completes("姓名：叶老桂\n公司：招商银行")
    shown = nerve("extract", "叶老桂博士", "--url", gateway.url)
    assert shown.exit_code == 0, shown.stderr
    assert "0–3  name  叶老桂" in shown.stdout
    assert "dropped (not_in_text): 招商银行" in shown.stdout


def test_colours_stand_where_the_entity_does() -> None:
    """Also behind a character that a terminal does not show."""
    console = Console(record=True, force_terminal=True, color_system="standard", file=io.StringIO())
    entity = {"label": "company", "text": "浙商银行", "start": 3, "end": 7}
    answer = {"entities": [entity], "dropped": [], "truncated": False}
    show_answer(console, "甲\r\n浙商银行。", answer)
    first, second = console.export_text(styles=True).splitlines()[:2]
    assert first == "甲␍"
    assert second.replace("\x1b[0m", "").endswith("m浙商银行。")


def test_extract_names_the_parts_that_failed(gateway: Gateway) -> None:
    """A part without an answer is not one without entities; status 1."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), completes("无"))
    shown = nerve("extract", "今天下雨。" * 60 + "毒", "--url", gateway.url)
    assert shown.exit_code == 1
    assert "301 could not be extracted: the engine answered with status 500" in shown.stdout


def test_extract_json_from_standard_input(gateway: Gateway) -> None:
    """For a program: the answer itself, the text with its own line breaks."""
    gateway.engine.script = completes("姓名：叶老桂")
    shown = nerve(
        "extract", "-", "--json", "--label", "name", "--url", gateway.url, stdin="\n叶老桂"
    )
    assert json.loads(shown.stdout)["entities"][0]["start"] == 1


def test_extract_with_labels_that_are_described(tmp_path: Path) -> None:
    """As `nerve adapter evaluate` has them, of a text and of a file's rows."""
    text, out = "叶老桂", tmp_path / "out.jsonl"
    (tmp_path / "texts.txt").write_text(f"{text}\n", encoding="utf-8")
    labels = ("--label", "dish=food=ordered", "--label", "place")
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    with open_gateway(adapters) as gateway:
        to = ("--url", gateway.url)
        assert nerve("extract", text, *labels, *to).exit_code == 0
        rows = nerve("extract", str(tmp_path / "texts.txt"), "--out", str(out), *labels, *to)
        assert rows.exit_code == 0, rows.output
        told = [one["messages"][0]["content"] for one in gateway.engine.asked]
    assert len(told) == 2
    assert all("dish" in one and "food=ordered" in one and "place" in one for one in told)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "nope"), "status 404: model has 'nope'; expected one of"),
        (("--label", "nope"), "status 422: labels has 'nope'; expected labels of clue"),
    ],
)
def test_extract_repeats_the_gateways_message(
    gateway: Gateway, arguments: tuple[str, ...], says: str
) -> None:
    """One sentence and status 1."""
    shown = nerve("extract", "叶老桂", "--url", gateway.url, *arguments)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert says in shown.stderr


def test_extract_without_a_gateway() -> None:
    """Says what to do."""
    shown = nerve("extract", "叶老桂", "--url", f"http://127.0.0.1:{free_port()}")
    assert shown.exit_code == 1
    assert "start one with `nerve up`" in shown.stderr


def test_up_names_a_taken_port(tmp_path: Path) -> None:
    """Before anything is downloaded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        env = {"NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}", "NERVE_PORT": port}
        shown = nerve("up", "--home", str(tmp_path), env=env)
    assert shown.exit_code == 1
    assert (
        f"port {port} on 127.0.0.1, where the gateway is to listen, cannot be had" in shown.stderr
    )
    assert "NERVE_PORT names another" in shown.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"NERVE_ENGINE_URL": "https://127.0.0.1:8000"}, "expected http://127.0.0.1:PORT"),
        ({"NERVE_ENGINE_URL": "http://10.0.0.1:8000"}, "there is `nerve serve`"),
        ({"NERVE_PORT": "8000"}, "expected another than the engine's port"),
        ({"NERVE_DEFAULT_MODEL": "nope"}, "the default model is 'nope'; expected one of"),
    ],
)
def test_up_refuses_at_once_what_could_not_work(
    tmp_path: Path, env: dict[str, str], says: str
) -> None:
    """Not after minutes of downloads."""
    ports = {
        "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
        "NERVE_PORT": str(free_port()),
    }
    if "NERVE_PORT" in env:
        ports["NERVE_ENGINE_URL"] = "http://127.0.0.1:8000"
    shown = nerve("up", "--home", str(tmp_path), env=ports | env)
    assert shown.exit_code == 1
    assert says in shown.stderr


def test_only_one_up_at_a_time(tmp_path: Path) -> None:
    """A free port does not mean that no engine is starting."""
    ports = {
        "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
        "NERVE_PORT": str(free_port()),
    }
    with (tmp_path / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shown = nerve("up", "--home", str(tmp_path), env=ports)
    assert shown.exit_code == 1
    assert "another `nerve up` runs" in shown.stderr


def test_a_home_that_cannot_be_made_is_one_line() -> None:
    """The kernel's reason and the file."""
    ports = {
        "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
        "NERVE_PORT": str(free_port()),
    }
    shown = nerve("up", "--home", "/proc/nerve", env=ports)
    assert shown.exit_code == 1
    assert "No such file or directory: '/proc/nerve'" in shown.stderr


def test_a_mistyped_option_is_not_passed_on(tmp_path: Path) -> None:
    """Flags for vLLM stand after --."""
    shown = nerve("up", "--homme", str(tmp_path))
    assert shown.exit_code == 2
    assert "No such option: --homme" in shown.stderr


def test_a_wrong_setting_is_one_sentence() -> None:
    """Not a traceback."""
    shown = nerve("serve", env={"NERVE_PORT": "web"})
    assert shown.exit_code == 1
    assert shown.stderr.startswith("nerve: NERVE_PORT = 'web'; expected a valid integer")
    assert len(shown.stderr.splitlines()) == 1
