"""The trainer, in the engine's environment, on a tiny model with random weights."""

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.mixing.open_sources import folder
from tests.adapters.mixing.test_packs import SOURCES
from tests.deploy.commands.test_cli import nerve
from tests.engine.real_engine import ROOT, home
from tests.support.waiting import until

pytestmark = pytest.mark.engine

WEIGHTS = "adapter_model.safetensors"

RECIPE = """
base = "model"
prompt = "zh-lines-1"
format = "lines"
occurrences = "all"
max_chars = 60
labels = [{name = "company", written = "公司"}, {name = "name", written = "姓名"}]

[data]
held_out = 8
rows = 0
subset = 0.2
empty = 0.1
joined = 0.1

[lora]
rank = 8
alpha = 16
dropout = 0.1
targets = ["q_proj", "v_proj"]
first_layer = 1
last_layer = 1

[train]
seed = 1
epochs = 2
rows_a_step = 4
learning_rate = 1e-3
warm_up = 0.1
clip = 1.0
validate_every = 10
validation_rows = 8
checkpoint_every = 4
frozen = "float32"
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A small recipe and, beside it, ``data.json``: made-up rows in CLUENER's form."""
    rows = (
        {"text": f"浙商银行{number}号，叶老桂", "label": {"company": {"浙商银行": [[0, 3]]}}}
        for number in range(60)
    )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "data.json").write_text(lines, encoding="utf-8")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def test_a_pack_is_worth_exactly_its_rows(trainer: Path, tiny_base: Path) -> None:
    script = Path(__file__).with_name("packing_maths.py")
    run = subprocess.run([trainer, script, tiny_base], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")


@pytest.mark.parametrize("frozen", ["float32", "bfloat16"])
def test_a_killed_run_ends_as_one_that_was_left_alone(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path, frozen: str
) -> None:
    """The same weights, the same log; dropout included, since its random state is kept. In
    bfloat16 too, which a GPU takes whatever the recipe says, and a CPU with AMX may."""
    recipe.write_text(RECIPE.replace('"float32"', f'"{frozen}"'), encoding="utf-8")
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    _train(trainer, tiny_base, recipe, alone).wait()
    run = _train(trainer, tiny_base, recipe, killed)
    until(lambda: (killed / "checkpoint.pt").exists(), within_s=120)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert _train(trainer, tiny_base, recipe, killed).wait() == 0
    assert _losses(killed) == _losses(alone)
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        assert (killed / "best" / file).read_bytes() == (alone / "best" / file).read_bytes()


def test_bfloat16_learns_what_float32_learns(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """The same packs, in the same order, and nearly the same losses."""
    assert _train(trainer, tiny_base, recipe, tmp_path / "exact").wait() == 0
    recipe.write_text(RECIPE.replace('"float32"', '"bfloat16"'), encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, tmp_path / "half").wait() == 0
    exact, half = _losses(tmp_path / "exact"), _losses(tmp_path / "half")
    assert half == pytest.approx(exact, rel=0.05)
    assert half != exact


def test_what_was_trained_is_in_pefts_layout(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    assert _train(trainer, tiny_base, recipe, work).wait() == 0
    losses = _losses(work)
    assert losses[-1] < losses[0]
    config = json.loads((work / "best" / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == "model"
    assert (config["r"], config["peft_type"]) == (8, "LORA")
    assert str(tmp_path) not in json.dumps(config)


def test_what_saves_memory_changes_no_result(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """A step's rows in parts, and layers computed twice: the same losses, but for rounding."""
    plain, saving = tmp_path / "plain", tmp_path / "saving"
    without_dropout = RECIPE.replace("dropout = 0.1", "dropout = 0.0")
    recipe.write_text(without_dropout, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, plain).wait() == 0
    less = without_dropout + "rows_at_once = 3\ngradient_checkpointing = true\n"
    recipe.write_text(less, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, saving).wait() == 0
    assert _losses(saving) == pytest.approx(_losses(plain), rel=1e-3)


def test_training_goes_on_from_another_adapter(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """A recipe with `start` begins where those weights ended; weights of another shape are no
    start."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert _train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/best"' + RECIPE, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, second).wait() == 0
    # The first step has the same rows, and fresh matrices would leave its loss as it was.
    assert _losses(second)[0] < _losses(first)[0]
    recipe.write_text('start = "first/best"' + RECIPE.replace("rank = 8", "rank = 4"), "utf-8")
    assert _train(trainer, tiny_base, recipe, tmp_path / "third").wait() == 1


def test_without_validation_rows_the_last_weights_are_kept(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Not those of the first look; and nothing is said of a loss that nobody measured."""
    recipe.write_text(RECIPE.replace("held_out = 8", "held_out = 0"), encoding="utf-8")
    long, looked = tmp_path / "long", tmp_path / "looked"
    assert _train(trainer, tiny_base, recipe, long).wait() == 0
    seldom = recipe.read_text(encoding="utf-8").replace(
        "validate_every = 10", "validate_every = 99"
    )
    recipe.write_text(seldom, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, looked).wait() == 0
    weights = [(work / "best" / WEIGHTS).read_bytes() for work in (long, looked)]
    assert weights[0] == weights[1]
    assert "validation_loss" not in (long / "log.jsonl").read_text(encoding="utf-8")


def test_it_ends_when_validation_stops_falling(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """At a rate that changes nothing the first look stays the best; what is begun again after that
    is at its end, too."""
    text = RECIPE.replace("learning_rate = 1e-3", "learning_rate = 1e-30\npatience = 2")
    recipe.write_text(text.replace("validate_every = 10", "validate_every = 2"), encoding="utf-8")
    command = _command(trainer, tiny_base, recipe, tmp_path / "work")
    for _ in range(2):
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert "6 steps of 24: validation stopped falling, best validation loss" in told
        assert len(_losses(tmp_path / "work")) == 6


def test_a_checkpoint_is_of_its_rows(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """On others it would go on with steps that it never made; bad rows can be left out."""
    work, rows = tmp_path / "work", recipe.with_name("data.json")
    assert _train(trainer, tiny_base, recipe, work).wait() == 0
    rows.write_text(rows.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    bad = _refused(trainer, tiny_base, recipe, work)
    assert bad.startswith(f"nerve: {rows}:61: text is missing")
    assert _train(trainer, tiny_base, recipe, work, "--skip-bad").wait() == 0
    rows.write_text(rows.read_text(encoding="utf-8").replace("0号", "零号"), encoding="utf-8")
    said = _refused(trainer, tiny_base, recipe, work, "--skip-bad")
    assert "was made with another recipe, other rows or another base" in said


def test_two_trainings_do_not_share_a_folder(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """The second says so, and the first is not disturbed."""
    work = tmp_path / "work"
    work.mkdir()
    with alone(work / "lock"):
        said = _refused(trainer, tiny_base, recipe, work)
    assert said.startswith(f"nerve: another training is under way in {work}; wait for its end")
    assert not (work / "checkpoint.pt").exists()


def test_a_start_has_not_seen_what_is_held_out(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Its recipe lies beside its weights and says so."""
    first = tmp_path / "first"
    recipe.write_text(RECIPE.replace("held_out = 8", "held_out = 4"), encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/best"' + RECIPE, encoding="utf-8")
    said = _refused(trainer, tiny_base, recipe, tmp_path / "second")
    assert "data.held_out = 4, so the start was trained on rows that are to be held out" in said


def test_the_mean_of_two_adapters_is_an_adapter(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Halfway between the two, byte for byte; others than of one shape have no mean."""
    env = {"NERVE_HOME": str(home())}
    first, second, mean = tmp_path / "first", tmp_path / "second", tmp_path / "mean"
    assert _train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/best"' + RECIPE, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, second).wait() == 0
    made = nerve("adapter", "average", str(mean), str(first), str(second), env=env)
    assert made.exit_code == 0, made.output
    script = (
        "import sys; from safetensors.torch import load_file as load\n"
        "a, b, m = (load(f'{f}/adapter_model.safetensors') for f in sys.argv[1:])\n"
        "assert all(m[n].equal(((a[n].float() + b[n].float()) / 2).to(a[n].dtype)) for n in a)\n"
        "assert any(not a[n].equal(m[n]) for n in a)"
    )
    folders = (first / "best", second / "best", mean)
    assert subprocess.run([trainer, "-c", script, *folders], check=False).returncode == 0
    config = second / "best" / "adapter_config.json"
    config.write_text(config.read_text("utf-8").replace('"lora_alpha": 16', '"lora_alpha": 8'))
    refused = subprocess.run(
        [trainer, "-m", "adapters", "average", mean, *folders[:2]],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "lora_alpha = 8; expected 16" in refused.stderr


def test_the_commands_lead_from_rows_to_an_answer(
    tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """`nerve adapter` train, register, try: as a model owner types them."""
    env = {"NERVE_HOME": str(home()), "NERVE_ADAPTERS": str(tmp_path / "adapters")}
    (tmp_path / "adapters").mkdir()
    base, work = ("--base", str(tiny_base)), str(tmp_path / "work")
    rows = str(recipe.with_name("data.json"))
    trained = nerve("adapter", "train", str(recipe), rows, "--work", work, *base, env=env)
    assert trained.exit_code == 0, trained.output
    about = ("--recipe", str(recipe), "--data", "made-up rows")
    registered = nerve("adapter", "register", work, "tiny", *about, env=env)
    assert registered.exit_code == 0, registered.output
    folder = tmp_path / "adapters" / "tiny"
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "log.jsonl").read_bytes() == (tmp_path / "work" / "log.jsonl").read_bytes()
    tried = nerve("adapter", "try", "tiny", "浙商银行", "--json", *base, env=env)
    assert tried.exit_code == 0, tried.output
    assert set(json.loads(tried.stdout)) == {"completion", "entities", "dropped", "truncated"}


def _train(
    trainer: Path, base: Path, recipe: Path, work: Path, *options: str
) -> "subprocess.Popen[bytes]":
    command = _command(trainer, base, recipe, work, *options)
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _refused(trainer: Path, base: Path, recipe: Path, work: Path, *options: str) -> str:
    """The last line that it says."""
    command = _command(trainer, base, recipe, work, *options)
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    return run.stderr.splitlines()[-1]


def _command(trainer: Path, base: Path, recipe: Path, work: Path, *options: str) -> list[str]:
    paths = map(str, (recipe, recipe.with_name("data.json"), base, work))
    return [str(trainer), "-m", "adapters", "train", *paths, *options]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """As a trainer holds its folder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _losses(work: Path) -> list[float]:
    rows = (work / "log.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(row) for row in rows]
    assert [row["step"] for row in found] == list(range(1, len(found) + 1))
    return [row["loss"] for row in found]


def test_many_sources_are_trained_on_from_a_folder(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """And a single file is refused, in words."""
    many = RECIPE.replace("held_out = 8", "held_out = 2").replace("rows = 0", "rows = 30") + SOURCES
    recipe.write_text(many, encoding="utf-8")
    assert _train(trainer, tiny_base, recipe, tmp_path / "file").wait() == 1
    folder(tmp_path / "sources")
    (tmp_path / "data.json").unlink()
    (tmp_path / "sources").rename(tmp_path / "data.json")
    assert _train(trainer, tiny_base, recipe, tmp_path / "work").wait() == 0
    losses = _losses(tmp_path / "work")
    assert losses[-1] < losses[0]
