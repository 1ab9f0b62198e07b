"""``nerve adapter new``: from rows to a recipe that `train` takes."""

import json
import shutil
from pathlib import Path

import pytest

from adapters import recipe
from deploy.terminal.called import called
from service.ner.types import Label
from tests.adapters.test_draft import OPEN
from tests.deploy.commands.test_cli import nerve
from tests.support.adapter_folders import put_adapter


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Of kind spans."""
    entity = {"label": "PER", "start": 0, "end": 3}
    made = [{"text": f"叶老桂{number}", "entities": [entity]} for number in range(40)]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return str(file)


def test_rows_become_a_recipe(tmp_path: Path, rows: str) -> None:
    """With natural names from a file, beginning with the open adapter where there is one."""
    adapters, labels = tmp_path / "adapters", tmp_path / "labels.json"
    labels.write_text('{"labels": {"PER": {"name": "人物", "description": "人名"}}}', "utf-8")
    put_adapter(adapters, "any", {"open": True})
    shutil.copyfile(OPEN / "recipe.toml", adapters / "any" / "recipe.toml")
    shutil.copyfile(OPEN / "prompt.toml", adapters / "any" / "prompt.toml")
    env = {"NERVE_ADAPTERS": str(adapters)}
    asked = ("adapter", "new", "mine", rows, "--kind", "spans", "--labels", str(labels))
    shown = nerve(*asked, env=env)
    assert shown.exit_code == 0, shown.output
    plan = recipe.load(adapters / "mine" / "recipe.toml")
    assert (plan.start, plan.labels[0].written) == ("../any", "人物")
    assert "40 rows, 0 held out; labels: PER; starts from any" in shown.stdout
    assert f"nerve adapter train {adapters}/mine/recipe.toml {rows} --kind spans" in shown.stdout
    again = nerve(*asked, env=env)
    assert (again.exit_code, "is there; change it" in again.stderr) == (1, True)
    fresh = nerve("adapter", "new", "own", *asked[3:], "--start", "none", env=env)
    assert fresh.exit_code == 0, fresh.output
    assert recipe.load(adapters / "own" / "recipe.toml").start == ""
    assert nerve("adapter", "new", "../x", *asked[3:], env=env).exit_code == 2


def test_a_labelling_config_has_the_labels(tmp_path: Path, rows: str) -> None:
    """Label Studio's, with the hints as descriptions: what predictions were asked with; and what
    comes next is said with the home that is meant."""
    adapters, config = tmp_path / "adapters", tmp_path / "config.xml"
    adapters.mkdir()
    config.write_text(
        '<View><Labels name="label" toName="text"><Label value="PER" hint="人名"/></Labels>'
        '<Text name="text" value="$text"/></View>',
        encoding="utf-8",
    )
    env = {"NERVE_ADAPTERS": str(adapters), "NERVE_HOME": str(tmp_path / "home")}
    rows = str(Path(rows).rename(tmp_path / "my rows.jsonl"))
    asked = ("adapter", "new", "mine", rows, "--labels", str(config), "--start", "none")
    shown = nerve(*asked, env=env)
    assert shown.exit_code == 0, shown.output
    assert recipe.load(adapters / "mine" / "recipe.toml").labels == (Label("PER", "PER", "人名"),)
    train, register, evaluate = shown.stdout.splitlines()[-3:]
    assert train.endswith(f"/mine/recipe.toml '{rows}' --home {tmp_path}/home")
    assert evaluate == f"  {called()} adapter evaluate OTHER_ROWS --model mine"
    assert register == f"  {called()} adapter register {tmp_path}/home/training/mine mine"
    config.write_text("<View/>", encoding="utf-8")
    refused = nerve("adapter", "new", "own", *asked[3:], env=env)
    assert (refused.exit_code, "config.xml has no Labels" in refused.stderr) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("时间：开始", "a label without '：' and without line breaks"),
        ("人名 ", "a label that is not blank and has no white space around it"),
    ],
)
def test_a_label_that_cannot_be_written_is_the_files(
    tmp_path: Path, rows: str, said: str, expected: str
) -> None:
    """Not of a recipe that is not there; and it can be called otherwise."""
    content = Path(rows).read_text(encoding="utf-8")
    Path(rows).write_text(content.replace("PER", said, 20).replace("PER", "人名"), "utf-8")
    (tmp_path / "adapters").mkdir()
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters")}
    asked = ("adapter", "new", "mine", rows, "--start", "none")
    shown = nerve(*asked, env=env)
    mend = "give it another name with --labels FILE"
    assert shown.stderr == f"nerve: {rows}: label {said!r}; expected {expected}: {mend}\n"
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({said: {"name": "x："}} | {"人名": ""}), encoding="utf-8")
    shown = nerve(*asked, "--labels", str(labels), env=env)
    assert f"{labels}: " in shown.stderr
    named = {"labels": {said.strip(): {"name": "开始时间"}} | {"人名": {"name": "姓名"}}}
    labels.write_text(json.dumps(named), encoding="utf-8")
    assert nerve(*asked, "--labels", str(labels), env=env).exit_code == 0
    assert not (tmp_path / "adapters" / "recipe.toml").exists()


def test_an_open_adapter_without_a_recipe(tmp_path: Path, rows: str) -> None:
    """It came from elsewhere: said, with the way on."""
    put_adapter(tmp_path / "adapters", "any", {"open": True})
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters")}
    refused = nerve("adapter", "new", "mine", rows, env=env)
    assert refused.exit_code == 1
    assert "adapters/any has no recipe.toml" in refused.stderr
    assert "--start none" in refused.stderr


def test_what_is_held_out_is_what_measures(tmp_path: Path) -> None:
    """Never rows that were trained on."""
    rows = tmp_path / "rows.jsonl"
    one = {"entities": [{"label": "PER", "start": 0, "end": 3}]}
    lines = (json.dumps({"text": f"叶老桂{n}"} | one) + "\n" for n in range(100))
    rows.write_text("".join(lines), encoding="utf-8")
    (tmp_path / "adapters").mkdir()
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters")}
    shown = nerve("adapter", "new", "mine", str(rows), "--start", "none", env=env)
    assert shown.exit_code == 0, shown.output
    wanted = f"  {called()} adapter evaluate {rows} --held-out 10 --model mine"
    assert shown.stdout.splitlines()[-1] == wanted
