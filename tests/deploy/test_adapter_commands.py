"""``nerve adapter`` with made-up rows, a real gateway, and a stand-in for the engine's Python."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from adapters import recipe
from adapters.data import leaked
from adapters.readers import read
from adapters.register import register
from deploy.pull.catalogue import read_catalogue
from deploy.pull.store import seal
from service.registry import default_of
from tests.conftest import ADAPTER, BASE, Gateway
from tests.deploy.test_cli import WIDE, nerve
from tests.fake_engine import completes
from tests.waiting import until

ROOT = Path(recipe.__file__).parents[1]
RECIPE = str(ROOT / "adapters" / "clue-ner-lora-sft-peft" / "recipe.toml")
ROWS: list[dict[str, Any]] = [
    {
        "text": "浙商银行的叶老桂",
        "label": {"company": {"浙商银行": [[0, 3]]}, "name": {"叶老桂": [[5, 7]]}},
    },
    {"text": "没有", "label": {}},
    {"text": "叶老桂说叶老桂", "label": {"name": {"叶老桂": [[0, 2], [4, 6]]}}},
]


def written(path: Path, rows: list[dict[str, Any]], extra: str = "") -> Path:
    """Rows in CLUENER's form."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(lines + extra, encoding="utf-8")
    return path


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """A file of three rows."""
    return str(written(tmp_path / "rows.json", ROWS))


async def knows_a_name(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: one name found, one invented."""
    known = "叶老桂" in body["messages"][-1]["content"]
    await completes("姓名：叶老桂\n姓名：张三" if known else "无")(body, receive, send)


def test_data_counts_rows_and_labels(rows: str) -> None:
    """Without a recipe any label is taken."""
    shown = nerve("adapter", "data", rows)
    assert shown.exit_code == 0, shown.output
    assert "3 rows, 1 of them without an entity; longest text 8 characters" in shown.stdout
    assert all(
        row in shown.stdout for row in ("│ company │ 1 ", "│ name    │ 3 ", "│ all     │ 4 ")
    )


def test_data_names_a_bad_row_or_skips_it(tmp_path: Path) -> None:
    """The file, the line, what is wrong."""
    file = str(written(tmp_path / "rows.json", ROWS, "{}\n"))
    shown = nerve("adapter", "data", file)
    assert (shown.exit_code, shown.stderr) == (1, f"nerve: {file}:4: no field 'text'\n")
    shown = nerve("adapter", "data", file, "--skip-bad")
    assert shown.exit_code == 0
    assert "1 bad rows skipped" in shown.stdout
    assert f"{file}:4: no field 'text'" in shown.stdout


def test_data_knows_the_labels_of_a_recipe(tmp_path: Path) -> None:
    """A label that the recipe has not is an error."""
    file = str(
        written(tmp_path / "rows.json", [{"text": "狗", "label": {"dog": {"狗": [[0, 0]]}}}])
    )
    assert nerve("adapter", "data", file).exit_code == 0
    shown = nerve("adapter", "data", file, "--recipe", RECIPE)
    assert shown.exit_code == 1
    assert "label 'dog'; expected one of address" in shown.stderr


def test_data_finds_leakage(rows: str, tmp_path: Path) -> None:
    """Status 1, with the texts."""
    clean = str(written(tmp_path / "dev.json", [{"text": "别的", "label": {}}]))
    assert nerve("adapter", "data", rows, "--against", clean).exit_code == 0
    shown = nerve("adapter", "data", rows, "--against", rows)
    assert shown.exit_code == 1
    assert "leakage: 3 of the 3 texts" in shown.stdout
    assert "  叶老桂说叶老桂" in shown.stdout


def test_data_writes_rows_for_other_trainers(rows: str, tmp_path: Path) -> None:
    """What was written is read back."""
    out = tmp_path / "alpaca.jsonl"
    to = ("--recipe", RECIPE, "--to", "alpaca", "--out", str(out))
    shown = nerve("adapter", "data", rows, *to)
    assert f"3 rows written to {out}" in shown.stdout
    labels = recipe.load(Path(RECIPE)).labels
    both = read(out, "alpaca", labels).examples, read(Path(rows), "cluener", labels).examples
    assert both[0] == both[1]
    assert leaked(*both)
    assert nerve("adapter", "data", rows, "--to", "alpaca").exit_code == 2


def test_evaluate_prints_everything_that_was_measured(
    gateway: Gateway, rows: str, tmp_path: Path
) -> None:
    """Both metrics, errors, drops, speed, tokens; and a report without a text of the rows."""
    gateway.engine.script = knows_a_name
    out = tmp_path / "reports" / "dev.json"
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", str(out))
    assert shown.exit_code == 0, shown.output
    for part in (
        f"{ADAPTER}, rows, grounded, text: micro F1 0.8000 (95 % from 0.",
        f"{ADAPTER}, rows, grounded, span: micro F1 0.8571 (95 % from 0.",
        "boundary 0, label 0, both 0, spurious 0, missed 1, dropped 2",
        "not_in_text 2; truncated completions: 0",
        "sentences per second",
        "tokens per sentence   15.0",
    ):
        assert part in shown.stdout
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["model"], found["split"], found["constraint"]) == (ADAPTER, "rows", "grounded")


def test_evaluate_takes_part_of_the_rows(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """Held-out rows, the first of them; a constraint and labels are passed on."""
    gateway.engine.script = knows_a_name
    out = tmp_path / "part.json"
    part = ("--held-out", "2", "--rows", "1", "--constraint", "none", "--label", "name")
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", str(out), *part)
    assert shown.exit_code == 0, shown.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["sentences"], found["split"]) == (1, "rows, 2 rows held out")
    (asked,) = gateway.engine.asked
    assert "structured_outputs" not in asked
    assert asked["messages"][0]["content"].endswith("类别：姓名")
    assert "company" not in found["text"]["labels"]


def test_evaluate_compares_with_a_report(gateway: Gateway, rows: str, tmp_path: Path) -> None:
    """The paired interval for both metrics, and the sentences that changed."""
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")
    asked = ("adapter", "evaluate", rows, "--url", gateway.url)
    assert nerve(*asked, "--out", old).exit_code == 0
    gateway.engine.script = knows_a_name
    shown = nerve(*asked, "--out", new, "--compare", old)
    assert shown.exit_code == 0, shown.output
    again = nerve("adapter", "compare", old, new, "--data", rows)
    for part in (
        "text F1, new - old: +0.8000 (95 % from +",
        "span F1, new - old: +0.8571 (95 % from +",
        "2 sentences changed, all of them:",
        "  + 5–8  name  叶老桂  (right)",
    ):
        assert part in shown.stdout
        assert part in again.stdout


def test_evaluate_compares_with_another_model(gateway: Gateway, rows: str) -> None:
    """Which is asked for the same rows."""
    gateway.engine.script = knows_a_name
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, "--compare", BASE)
    assert shown.exit_code == 0, shown.output
    assert f"old: {BASE}, new: {ADAPTER}, 3 sentences" in shown.stdout


def test_evaluate_refuses_a_report_on_other_rows_before_it_asks(
    gateway: Gateway, rows: str, tmp_path: Path
) -> None:
    """Not after an hour."""
    out = str(tmp_path / "out.json")
    assert nerve("adapter", "evaluate", rows, "--url", gateway.url, "--out", out).exit_code == 0
    gateway.engine.reset()
    few = ("--rows", "1", "--compare", out)
    shown = nerve("adapter", "evaluate", rows, "--url", gateway.url, *few)
    assert shown.exit_code == 1
    assert "was made on other sentences" in shown.stderr
    assert gateway.engine.asked == []


def test_promote_sets_the_default_or_says_why_not(
    gateway: Gateway, rows: str, tmp_path: Path, adapters: Path
) -> None:
    """Only with the report of the present default, and only if the new one is no worse."""
    home = tmp_path / "adapters"
    home.mkdir()
    (home / ADAPTER).symlink_to(adapters / ADAPTER)
    bad, good = str(tmp_path / "bad.json"), str(tmp_path / "good.json")
    asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--out")
    assert nerve(*asked, bad).exit_code == 0
    gateway.engine.script = knows_a_name
    assert nerve(*asked, good).exit_code == 0
    env = {"NERVE_ADAPTERS": str(home)}
    first = nerve("adapter", "promote", ADAPTER, "--new", good, "--data", rows, env=env)
    assert (first.exit_code, first.stdout) == (
        0,
        "clue is the default now; there was none before\n",
    )
    assert default_of(home) == ADAPTER
    alone = nerve("adapter", "promote", ADAPTER, "--new", bad, "--data", rows, env=env)
    assert alone.exit_code == 1
    assert "the default is clue: expected its report to compare with" in alone.stdout
    with_old = ("--new", bad, "--old", good, "--data", rows)
    worse = nerve("adapter", "promote", ADAPTER, *with_old, env=env)
    assert worse.exit_code == 1
    assert "clue may be worse than clue: difference in F1 -0.8000" in worse.stdout
    unknown = nerve("adapter", "promote", "nope", "--new", good, "--data", rows, env=env)
    assert unknown.exit_code == 1
    assert "nope/adapter.toml: no such file" in unknown.stderr


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """What a training run leaves."""
    best = tmp_path / "work" / "best"
    best.mkdir(parents=True)
    (best / "adapter_model.safetensors").write_bytes(b"weights")
    config = {"r": 64, "base_model_name_or_path": BASE}
    (best / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (best.parent / "log.jsonl").write_text('{"step": 1, "loss": 1.5}\n', encoding="utf-8")
    return best.parent


def stand_in(home: Path, script: str) -> Path:
    """``script`` (a shell's) in the place of the engine's Python; its log of arguments."""
    python = home / "engine-env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    log = home / "asked.txt"
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\n{script}\n', encoding="utf-8")
    python.chmod(0o755)
    return log


def pulled(home: Path) -> Path:
    """The base model, as far as it is looked at."""
    folder = home / "models" / BASE
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_text('{"added_tokens": []}')
    seal(read_catalogue().model(BASE), folder)
    return folder


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


def test_register_without_the_trainers_python(work: Path, tmp_path: Path) -> None:
    """Says that there are no pictures, and registers."""
    (tmp_path / "adapters").mkdir()
    env = {"NERVE_ADAPTERS": str(tmp_path / "adapters"), "NERVE_HOME": str(tmp_path / "home")}
    shown = nerve("adapter", "register", str(work), "mine", "--recipe", RECIPE, env=env)
    assert shown.exit_code == 0, shown.output
    assert "no pictures: there is no engine's environment under" in shown.stdout
    assert (tmp_path / "adapters" / "mine" / "adapter.toml").exists()


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
    assert "No such file" in nerve("adapter", "train", "nope.toml", rows).stderr


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
    work = home / "training" / "clue-ner-lora-sft-peft"
    assert trained == [f"-m adapters train {RECIPE} {rows} {base} {work} --kind cluener"] * 2


def test_ctrl_c_ends_the_training_and_says_how_to_go_on(rows: str, tmp_path: Path) -> None:
    """Status 130, as of any program that was interrupted."""
    home = tmp_path / "home"
    log = stand_in(home, '[ "$2" = pip ] || exec sleep 60')
    pulled(home)
    command = [sys.executable, "-m", "deploy.cli", "adapter", "train", RECIPE, rows]
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


def test_try_shows_what_the_model_says_without_vllm(work: Path, tmp_path: Path) -> None:
    """Like `nerve extract`, and the completion itself; by name or by folder."""
    home, folder = tmp_path / "home", tmp_path / "adapters"
    register(work / "best", Path(RECIPE), folder, "mine")
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
    register(work / "best", Path(RECIPE), folder, "mine")
    stand_in(home, '[ "$2" = pip ] || { echo "nerve: no memory" >&2; exit 1; }')
    pulled(home)
    env = {"NERVE_ADAPTERS": str(folder), "NERVE_HOME": str(home)}
    shown = nerve("adapter", "try", "mine", "叶老桂", env=env)
    assert (shown.exit_code, shown.stderr) == (1, "nerve: no memory\n")
