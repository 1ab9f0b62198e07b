"""The command line: what it prints, and how it fails."""

import fcntl
import io
import os
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
from service.settings import Settings
from tests.support.serving import free_port
from tests.support.tools import ROOT

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


def test_colours_stand_where_the_entity_does() -> None:
    """Also behind a character that a terminal does not show."""
    console = Console(record=True, force_terminal=True, color_system="standard", file=io.StringIO())
    entity = {"label": "company", "text": "浙商银行", "start": 3, "end": 7}
    answer = {"entities": [entity], "dropped": [], "truncated": False}
    show_answer(console, "甲\r\n浙商银行。", answer)
    first, second = console.export_text(styles=True).splitlines()[:2]
    assert first == "甲␍"
    assert second.replace("\x1b[0m", "").endswith("m浙商银行。")


def test_a_document_has_no_hold_of_the_terminal() -> None:
    """Each control character is seen, in the text, in a surface, in what was dropped and why."""
    console = Console(record=True, force_terminal=True, color_system="standard", file=io.StringIO())
    entity = {"label": "a\x1bb", "text": "浙\x1b]0;商", "start": 5, "end": 11}
    answer = {
        "entities": [entity],
        "dropped": [{"reason": "not_in_text", "text": "\x9b31m桂"}],
        "truncated": False,
        "chunks": [{"start": 0, "end": 1, "error": {"message": "no\x07"}}],
    }
    show_answer(console, "甲\x1b[2J浙\x1b]0;商\x00\x7f\x85乙", answer)
    shown = console.export_text(styles=False)
    assert shown.splitlines()[0] == "甲␛[2J浙␛]0;商␀␡\ufffd乙"
    assert "5–11  a␛b  浙␛]0;商" in shown
    assert "\ufffd31m桂" in shown and "no␇" in shown
    assert not any(one < " " and one not in "\t\n" for one in shown)


def test_a_message_has_no_hold_of_the_terminal_either() -> None:
    """Of a server that says such a thing, or of a name that was given."""
    shown = nerve("extract", "./no\x1b[2J", "--url", f"http://127.0.0.1:{free_port()}")
    assert "./no␛[2J: no such file" in shown.stderr
    assert "\x1b[2J" not in shown.output
    rows = nerve("extract", "no\x1b[2J.pdf", "--out", "o.jsonl")
    assert "\x1b[2J" not in rows.output


@pytest.mark.parametrize(
    "url", ["ftp://x", "localhost:8080", "http://", "http://a:port", "http://10.0.0..1"]
)
@pytest.mark.parametrize("command", ["extract x", "doctor", "mcp", "adapter calibrate --model x"])
def test_what_is_no_address(command: str, url: str) -> None:
    """Not taken for a gateway that is down."""
    shown = nerve(*command.split(), "--url", url)
    assert shown.exit_code == 2
    assert "Invalid value for '--url'" in shown.stderr
    assert f"'{url}'; expected http://HOST:PORT" in shown.stderr


def test_a_base_model_that_is_none_is_refused_before_any_download(tmp_path: Path) -> None:
    """With the names that there are."""
    shown = nerve("pull", "nope", "--home", str(tmp_path))
    assert shown.exit_code == 1
    assert "there is no base model 'nope'; models.toml has: " in shown.stderr
    assert list(tmp_path.iterdir()) == []


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
        ({"NERVE_API_KEYS_FILE": "RUBBISH"}, "NERVE_API_KEYS_FILE: "),
        ({"NERVE_LABEL_NAMES": "RUBBISH"}, "NERVE_LABEL_NAMES: "),
        ({"VLLM_API_KEY": "密钥"}, "VLLM_API_KEY has other characters; expected printable ASCII"),
        (
            {"NERVE_HOST": "192.0.2.7", "NERVE_ALLOW_NO_KEYS": "true"},
            "192.0.2.7, where the gateway is to listen, is no address of this machine: Cannot "
            "assign requested address. NERVE_HOST names another",
        ),
        (
            {"NERVE_HOST": "ü" * 64, "NERVE_ALLOW_NO_KEYS": "true"},
            "is no address of this machine: it is no name of a host. NERVE_HOST names another",
        ),
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
    rubbish = tmp_path / "rubbish.toml"
    rubbish.write_text("[[[")
    env = {name: value.replace("RUBBISH", str(rubbish)) for name, value in env.items()}
    shown = nerve("up", "--home", str(tmp_path), env=ports | env)
    assert shown.exit_code == 1
    assert says in shown.stderr


def test_engine_refuses_at_once_to_listen_elsewhere(tmp_path: Path) -> None:
    """By the setting's name, and before anything is downloaded."""
    env = {"NERVE_ENGINE_URL": "http://192.0.2.7:8000"}
    shown = nerve("engine", "--home", str(tmp_path / "home"), env=env)
    assert shown.exit_code == 1
    assert "192.0.2.7, where the engine is to listen, is no address of this" in shown.stderr
    assert "NERVE_ENGINE_URL names another" in shown.stderr
    assert not (tmp_path / "home").exists()


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
    assert shown.stderr == "nerve: /proc/nerve: No such file or directory\n"


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


@pytest.mark.parametrize(
    "url", ["http://me:hunter2@127.0.0.1:1", "ftp://me:hunter2@127.0.0.1", "http://me:hunter2@[::1"]
)
def test_no_password_of_the_gateways_address_is_shown(tmp_path: Path, url: str) -> None:
    """No gateway answers there, or it is no address."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "甲", "entities": []}\n', encoding="utf-8")
    out = tmp_path / "out.jsonl"
    for command in (
        ("extract", "甲"),
        ("extract", str(rows), "--out", str(out), "--patience", "0"),
        ("adapter", "evaluate", str(rows), "--label", "name"),
    ):
        shown = nerve(*command, "--url", url)
        assert shown.exit_code in (1, 2)
        assert "hunter2" not in shown.output


@pytest.mark.parametrize("named", [True, False])
def test_the_gateways_store_is_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    """As of `nerve up` and `nerve engine`, unless NERVE_STORE names another."""
    given: list[Settings] = []
    monkeypatch.setattr("deploy.gateway.serve.serve", given.append)
    env = {"NERVE_HOME": str(tmp_path)} | ({"NERVE_STORE": "mine"} if named else {})
    assert nerve("serve", env=env).exit_code == 0
    assert given[0].store == (Path("mine").absolute() if named else tmp_path / "adapters")


def test_a_terminal_without_the_marks_ends_no_command(tmp_path: Path) -> None:
    """GBK has no ✓, ASCII no Chinese path."""
    home = tmp_path / "家"
    for encoding in ("gbk", "ascii"):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.commands.cli", "doctor", "--home", str(home)],
            env={
                **os.environ,
                "PYTHONIOENCODING": encoding,
                "PYTHONUTF8": "0",
                "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
            },
            cwd=ROOT,
            capture_output=True,
            timeout=60,
        )
        assert b"UnicodeEncodeError" not in done.stderr
        assert b"? settings: can be used" in done.stdout
        assert f"is not under {home}".encode(encoding, "replace") in done.stdout
