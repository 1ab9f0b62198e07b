"""Paths that a command reads: what is wrong with one is said before anything is done."""

import json
from pathlib import Path

import pytest

from tests.deploy.adapter_cases import RECIPE, ROWS, holding_out, written
from tests.deploy.commands.test_cli import nerve
from tests.support.serving import free_port

# Each command and argument that reads a file; @ is the path, ROWS labelled rows, OUT a new name.
FILES = {
    "extract TEXT": "extract @ --out OUT.jsonl",
    "extract --labels": "extract x --labels @",
    "convert ANSWERS": "convert @ --out OUT.csv",
    "review ANSWERS": "adapter review @ --out OUT",
    "review --against": "adapter review ROWS --out OUT --against @",
    "review --labels": "adapter review ROWS --out OUT --labels @",
    "data --recipe": "adapter data ROWS --recipe @",
    "new --labels": "adapter new x ROWS --labels @",
    "train RECIPE": "adapter train @ ROWS",
    "register --recipe": "adapter register FOLDER x --recipe @",
    "register --report": "adapter register FOLDER x --report @",
    "register --notes": "adapter register FOLDER x --notes @",
    "evaluate --labels": "adapter evaluate ROWS --labels @",
    "compare OLD": "adapter compare @ ROWS --data ROWS",
    "compare NEW": "adapter compare ROWS @ --data ROWS",
    "report REPORT": "adapter report @",
    "report --compare": "adapter report ROWS --compare @",
    "report --log": "adapter report ROWS --log @",
    "calibrate --report": "adapter calibrate --model x --report @",
    "promote --new": "adapter promote x --data ROWS --new @",
    "promote --old": "adapter promote x --data ROWS --new ROWS --old @",
}
# Those of labelled rows, which may be brat's folder, too.
ROWS_OR_FOLDER = {
    "data DATA": "adapter data @",
    "data --against": "adapter data ROWS --against @",
    "new DATA": "adapter new x @",
    "train DATA": f"adapter train {RECIPE} @",
    "evaluate DATA": "adapter evaluate @",
    "evaluate --compare": "adapter evaluate ROWS --compare @",
    "compare --data": "adapter compare ROWS ROWS --data @",
    "calibrate DATA": "adapter calibrate --model x @",
    "promote --data": "adapter promote x --new ROWS --data @",
}
FOLDERS = {
    "train --base": f"adapter train {RECIPE} ROWS --base @",
    "register TRAINED": "adapter register @ x",
    "average TRAINED": "adapter average OUT @ @",
}
ALL = FILES | ROWS_OR_FOLDER | FOLDERS


def said(command: str, path: Path, folder: Path) -> tuple[int, str]:
    """The status, and the error's words without the frame around them."""
    known = {
        "@": str(path),
        "ROWS": str(written(folder / "rows.json", ROWS)),
        "FOLDER": str(_trained(folder)),
    }
    words = [known.get(word, word.replace("OUT", str(folder / "out"))) for word in command.split()]
    env = {
        "COLUMNS": "400",
        "NERVE_URL": f"http://127.0.0.1:{free_port()}",
        "NERVE_HOME": str(folder / "home"),
    }
    shown = nerve(*words, env=env)
    return shown.exit_code, " ".join(shown.stderr.replace("│", " ").split())


@pytest.mark.parametrize("argument", ALL)
def test_one_that_is_not_there(argument: str, tmp_path: Path) -> None:
    """Named with its argument: a wrong command line, status 2, whatever would have read it."""
    path = tmp_path / f"{'long' * 25}.json"  # more than a message shows of a value
    status, words = said(ALL[argument], path, tmp_path)
    assert status == 2
    assert f"Invalid value for '{argument.split()[1]}'" in words
    assert str(path) in words and "does not exist" in words


@pytest.mark.parametrize("argument", FILES)
def test_a_folder_in_place_of_a_file(argument: str, tmp_path: Path) -> None:
    """Likewise."""
    (tmp_path / "folder").mkdir()
    status, words = said(FILES[argument], tmp_path / "folder", tmp_path)
    assert status == 2
    assert f"Invalid value for '{argument.split()[1]}'" in words
    assert str(tmp_path / "folder") in words and "is a directory" in words


@pytest.mark.parametrize("argument", FOLDERS)
def test_a_file_in_place_of_a_folder(argument: str, tmp_path: Path) -> None:
    """Likewise."""
    (tmp_path / "file").touch()
    status, words = said(FOLDERS[argument], tmp_path / "file", tmp_path)
    assert status == 2
    assert str(tmp_path / "file") in words and "is a file" in words


@pytest.mark.parametrize(
    "argument",
    [
        "convert ANSWERS",
        "review ANSWERS",
        "data --recipe",
        "register --recipe",
        "register --report",
        "compare OLD",
        "report REPORT",
        "report --log",
    ],
)
def test_bytes_that_are_no_text(argument: str, tmp_path: Path) -> None:
    """The file, the byte and what is wrong with it, in one line; what is in a file is status 1."""
    path = tmp_path / "bytes.json"
    path.write_bytes(b'{"text": "\xff\xfe"}\n')
    report = str(_report(tmp_path)) if argument == "report --log" else "ROWS"
    status, words = said(FILES[argument].replace("ROWS", report), path, tmp_path)
    assert status == 1
    assert words.startswith(f"nerve: {path}")
    assert "byte 0xff at 10 is not UTF-8" in words


@pytest.mark.parametrize("argument", ["extract --labels", "new --labels", "evaluate --labels"])
def test_bytes_that_are_no_labels(argument: str, tmp_path: Path) -> None:
    """Such a file may be in any encoding that rows may be in."""
    path = tmp_path / "bytes.json"
    path.write_bytes(bytes(range(256)) * 4)
    status, words = said(FILES[argument], path, tmp_path)
    assert status == 1
    assert words == f"nerve: {path}: the file is not text; expected labels"


def _report(folder: Path) -> Path:
    path = folder / "report.json"
    keys = ("model", "constraint", "split", "date", "sentences", "text", "span", "predicted")
    path.write_text(json.dumps(dict.fromkeys(keys)), encoding="utf-8")
    return path


def _trained(folder: Path) -> Path:
    path = folder / "trained"
    path.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (path / name).touch()
    (path / "recipe.toml").write_bytes(Path(RECIPE).read_bytes())
    return path


def test_the_systems_reason_is_said_without_its_number(tmp_path: Path) -> None:
    """Of what is written, too: the file and why."""
    rows = str(written(tmp_path / "rows.json", ROWS))
    out = tmp_path / "no" / "rows.jsonl"
    to = ("--recipe", holding_out(tmp_path, 0), "--to", "alpaca", "--out", str(out))
    shown = nerve("adapter", "data", rows, *to)
    assert shown.exit_code == 1
    assert shown.stderr == f"nerve: {out}.part: No such file or directory\n"
