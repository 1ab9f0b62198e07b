"""``nerve adapter`` register, train and try, with a stand-in for the engine's Python."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.registering.register import register
from tests.conftest import BASE
from tests.deploy.adapter_cases import RECIPE, ROOT, TRAINED, pulled, stand_in
from tests.deploy.commands.test_cli import WIDE, nerve
from tests.deploy.up.processes import is_alive
from tests.support.adapter_folders import put_alias
from tests.support.waiting import until


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """What a training run leaves."""
    adapter = tmp_path / "work" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    (adapter / "adapter_config.json").write_text(json.dumps(TRAINED), encoding="utf-8")
    (adapter.parent / "log.jsonl").write_text('{"step": 1, "loss": 1.5}\n', encoding="utf-8")
    return adapter.parent


def test_register_puts_log_and_figures_beside_the_weights(work: Path, tmp_path: Path) -> None:
    """Drawn by the trainer's Python; registering again keeps what was said of the data."""
    home, folder = tmp_path / "home", tmp_path / "adapters" / "mine"
    log = stand_in(home, 'if [ "$2" = adapters ]; then echo PNG > "$5"; fi')
    folder.mkdir(parents=True)
    (folder / "notes.md").write_text("Mind the gap.", encoding="utf-8")
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters"), "NERVE_HOME": str(home)}
    about = ("--recipe", RECIPE, "--data", "made-up rows", "--licence", "CC0")
    shown = nerve("adapter", "register", str(work), "mine", *about, env=env)
    assert shown.exit_code == 0, shown.output
    assert f"mine: {folder} (in the engine: mine@" in shown.stdout
    assert (folder / "log.jsonl").read_bytes() == (work / "log.jsonl").read_bytes()
    assert (folder / "loss.png").read_text() == "PNG\n"
    assert f"loss-figure {work / 'log.jsonl'} " in log.read_text()
    again = nerve("adapter", "register", str(folder), "mine", env=env)
    assert again.exit_code == 0, again.output
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert all(part in card for part in ("made-up rows", "CC0", "Mind the gap.", "(loss.png)"))


def test_register_says_where_it_looked_for_a_recipe(work: Path, tmp_path: Path) -> None:
    """As of a mean, which has none beside it."""
    (tmp_path / "adapters").mkdir()
    shown = nerve("adapter", "register", str(work), "mine",
                  env={"NERVE_ADAPTERS": str(tmp_path / "adapters")})  # fmt: skip
    places = [work / "adapter" / "recipe.toml", tmp_path / "adapters" / "mine" / "recipe.toml"]
    says = f"nerve: neither {places[0]} nor {places[1]} is there; name one with --recipe\n"
    assert (shown.exit_code, shown.stderr) == (1, says)
    assert not (tmp_path / "adapters" / "mine").exists()


def test_register_of_what_is_no_training(tmp_path: Path) -> None:
    """Not the recipe is missing, but the weights."""
    shown = nerve("adapter", "register", str(tmp_path), "mine")
    assert shown.exit_code == 1
    assert f"nerve: {tmp_path} has no adapter_config.json; expected the work" in shown.stderr


def test_register_without_the_trainers_python(work: Path, tmp_path: Path) -> None:
    """Says that there are no pictures, and registers."""
    (tmp_path / "adapters").mkdir()
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters"), "NERVE_HOME": str(tmp_path / "home")}
    shown = nerve("adapter", "register", str(work), "mine", "--recipe", RECIPE, env=env)
    assert shown.exit_code == 0, shown.output
    assert "no pictures: there is no engine's environment under" in shown.stdout
    assert (tmp_path / "adapters" / "mine" / "adapter.toml").exists()


def test_a_mean_is_of_two(work: Path, tmp_path: Path) -> None:
    """Said before torch is loaded."""
    average = ("adapter", "average", str(tmp_path / "mean"), str(work))
    shown = nerve(*average)
    assert (shown.exit_code, "expected two or more" in shown.stderr) == (2, True)
    shown = nerve(*average, str(tmp_path), "--home", str(tmp_path / "home"))
    says = f"nerve: {tmp_path} has no adapter_config.json; expected the work folder of a training"
    assert (shown.exit_code, shown.stderr.startswith(says)) == (1, True)


def test_a_mean_is_none_of_those_it_is_of(work: Path, tmp_path: Path) -> None:
    """Its weights would be lost."""
    for one in (work, work / "adapter"):
        shown = nerve("adapter", "average", str(one), str(work), str(work))
        assert (shown.exit_code, "is one of TRAINED" in shown.stderr) == (2, True)
    assert (work / "adapter" / "adapter_model.safetensors").read_bytes() == b"weights"
    assert not (work / "adapter_model.safetensors").exists()


def test_a_mean_takes_no_others_place(work: Path, tmp_path: Path) -> None:
    """Another adapter's folder, an earlier mean: nobody said that they may go."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "adapter_model.safetensors").write_bytes(b"an hour's work")
    shown = nerve("adapter", "average", str(other), str(work), str(work))
    assert (shown.exit_code, "has weights already" in shown.stderr) == (2, True), shown.stderr
    assert (other / "adapter_model.safetensors").read_bytes() == b"an hour's work"


@pytest.mark.parametrize("command", ["new", "register"])
def test_a_name_that_no_adapter_can_have(command: str, work: Path, rows: str) -> None:
    """It would be a folder, and a part of a URL."""
    given = ("../mine", rows) if command == "new" else (str(work), "../mine")
    shown = nerve("adapter", command, *given)
    assert shown.exit_code == 2
    assert "Invalid value for 'NAME': '../mine'; expected letters" in shown.stderr


@pytest.mark.parametrize("command", ["new", "register"])
def test_a_name_that_means_something_already(
    command: str, work: Path, rows: str, tmp_path: Path
) -> None:
    """An alias, a base model, served or not: said before the work."""
    adapters = tmp_path / "adapters"
    adapters.mkdir()
    put_alias(adapters, "prod", "clue")
    env = {"NERVE_ADAPTERS": str(adapters), "NERVE_BASE_MODEL": "ours"}
    for name, says in (
        ("prod", f"it is an alias in {adapters}/registry.toml, of clue"),
        ("ours", "expected another than a base model's"),
        (BASE, "expected another than a base model's"),
    ):
        given = (name, rows) if command == "new" else (str(work), name, "--recipe", RECIPE)
        shown = nerve("adapter", command, *given, env=env)
        assert (shown.exit_code, says in shown.stderr) == (1, True), shown.output
        assert not (adapters / name).exists()


def test_train_says_what_is_missing(rows: str, tmp_path: Path) -> None:
    """The base model first, then the environment; and what brings them."""
    home = tmp_path / "home"
    command = ("adapter", "train", RECIPE, rows, "--home", str(home))
    shown = nerve(*command)
    assert shown.exit_code == 1
    assert f"get it with `nerve pull {BASE}`" in shown.stderr
    pulled(home)
    shown = nerve(*command)
    assert shown.exit_code == 1
    assert f"no engine's environment under {home}; make it with `nerve pull`" in shown.stderr


def test_train_runs_the_trainer_after_installing_its_packages_once(
    rows: str, tmp_path: Path
) -> None:
    """In the folder named as the recipe's, with its status."""
    home = tmp_path / "home"
    log, base = stand_in(home, 'if [ "$2" = adapters ]; then exit 3; fi'), pulled(home)
    for _ in range(2):
        shown = nerve("adapter", "train", RECIPE, rows, "--home", str(home))
        assert shown.exit_code == 3
    pip, *trained = log.read_text(encoding="utf-8").splitlines()
    assert pip.startswith("-m pip install")
    assert "--no-deps" in pip
    work = home / "training" / Path(RECIPE).parent.name
    assert trained == [f"-m adapters train {RECIPE} {rows} {base} {work} --kind auto"] * 2


def test_ctrl_c_ends_the_training_and_says_how_to_go_on(rows: str, tmp_path: Path) -> None:
    """Status 130, as of any program that was interrupted."""
    home = tmp_path / "home"
    log = stand_in(home, '[ "$2" = pip ] || exec sleep 60')
    pulled(home)
    command = [sys.executable, "-m", "deploy.commands.cli", "adapter", "train", RECIPE, rows]
    with subprocess.Popen(
        [*command, "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, **WIDE},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: log.exists() and "adapters train" in log.read_text(encoding="utf-8"))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None
        assert "stopped; the same command goes on from the last checkpoint" in process.stderr.read()


def test_the_trainer_ends_with_the_command(rows: str, tmp_path: Path) -> None:
    """Killed, the same command may go on at once: no trainer is left beside the next."""
    home = tmp_path / "home"
    log = stand_in(
        home, '[ "$2" = pip ] || { echo $$ > ' + f"{tmp_path / 'pid'}; exec sleep 60; }}"
    )
    pulled(home)
    command = [sys.executable, "-m", "deploy.commands.cli", "adapter", "train", RECIPE, rows]
    with subprocess.Popen([*command, "--home", str(home)], cwd=ROOT) as process:
        until(lambda: log.exists() and (tmp_path / "pid").exists())
        until(lambda: (tmp_path / "pid").read_text().strip() != "")
        trainer = int((tmp_path / "pid").read_text())
        process.kill()
    until(lambda: not is_alive(trainer))


def test_try_shows_what_the_model_says_without_vllm(work: Path, tmp_path: Path) -> None:
    """Like `nerve extract`, and the completion itself; by name or by folder."""
    home, folder = tmp_path / "home", tmp_path / "adapters"
    register(work / "adapter", Path(RECIPE), folder, "mine")
    found = {
        "completion": "姓名：叶老桂",
        "entities": [{"label": "name", "text": "叶老桂", "start": 0, "end": 3}],
        "dropped": [],
        "truncated": False,
    }
    says = f"[ \"$2\" = pip ] || echo '{json.dumps(found)}'"
    log, base = stand_in(home, says), pulled(home)
    env = {"NERVE_ADAPTERS": str(folder), "NERVE_HOME": str(home)}
    for which in ("mine", str(folder / "mine")):
        shown = nerve("adapter", "try", which, "叶老桂博士", env=env)
        assert shown.exit_code == 0, shown.output
        assert "0–3  name  叶老桂" in shown.stdout
        assert "completion: '姓名：叶老桂'" in shown.stdout
    asked = f"-m adapters try {folder / 'mine'} {base} -- 叶老桂博士"
    assert log.read_text(encoding="utf-8").splitlines()[-1] == asked
    as_json = nerve("adapter", "try", "mine", "叶老桂博士", "--json", env=env)
    assert json.loads(as_json.stdout) == found


def test_try_repeats_the_last_line_of_a_failure(work: Path, tmp_path: Path) -> None:
    """Not pages of a traceback."""
    home, folder = tmp_path / "home", tmp_path / "adapters"
    register(work / "adapter", Path(RECIPE), folder, "mine")
    stand_in(home, '[ "$2" = pip ] || { echo "nerve: no memory" >&2; exit 1; }')
    pulled(home)
    env = {"NERVE_ADAPTERS": str(folder), "NERVE_HOME": str(home)}
    shown = nerve("adapter", "try", "mine", "叶老桂", env=env)
    assert (shown.exit_code, shown.stderr) == (1, "nerve: no memory\n")
