"""The trainer, in the engine's environment, on a tiny model with random weights."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from adapters.data.examples import Example, split
from tests.adapters.mixing.open_sources import folder
from tests.adapters.mixing.test_packs import SOURCES
from tests.adapters.training.training_runs import RECIPE, losses, refused, train, train_command
from tests.deploy.commands.test_cli import nerve
from tests.engine.real_engine import ROOT, home

pytestmark = pytest.mark.engine

WEIGHTS = "adapter_model.safetensors"


def test_a_pack_is_worth_exactly_its_rows(trainer: Path, tiny_base: Path) -> None:
    script = Path(__file__).with_name("packing_maths.py")
    run = subprocess.run([trainer, script, tiny_base], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("all right\n")


def test_bfloat16_learns_what_float32_learns(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """The same packs, in the same order, and nearly the same losses."""
    assert train(trainer, tiny_base, recipe, tmp_path / "exact").wait() == 0
    recipe.write_text(RECIPE.replace('"float32"', '"bfloat16"'), encoding="utf-8")
    assert train(trainer, tiny_base, recipe, tmp_path / "half").wait() == 0
    exact, half = losses(tmp_path / "exact"), losses(tmp_path / "half")
    assert half == pytest.approx(exact, rel=0.05)
    assert half != exact


def test_what_was_trained_is_in_pefts_layout(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    assert train(trainer, tiny_base, recipe, work).wait() == 0
    found = losses(work)
    assert found[-1] < found[0]
    config = json.loads((work / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == "model"
    assert (config["r"], config["peft_type"]) == (8, "LORA")
    assert str(tmp_path) not in json.dumps(config)


def test_a_loss_that_is_no_number_ends_the_training(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Before it is in a checkpoint, or in an adapter that could be registered."""
    work, base = tmp_path / "work", tmp_path / "base"
    shutil.copytree(tiny_base, base)
    (weights,) = base.glob("*.safetensors")
    content = weights.read_bytes()
    weights.write_bytes(content[:-4] + b"\x00\x00\xc0\x7f")  # NaN, of the last norm
    said = refused(trainer, base, recipe, work)
    assert said == (
        "nerve: step 1: loss is nan; expected a finite number: lower train.learning_rate (0.001)"
    )
    assert not (work / "adapter").exists()
    assert not (work / "checkpoint.pt").exists()


def test_rows_that_are_too_long_are_named_or_left_out(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Before the first step; held-out ones, too."""
    rows = recipe.with_name("data.json")
    long = ({"text": f"{n}{'很长' * 800}", "label": {}} for n in range(40))
    with rows.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in long)
    said = refused(trainer, tiny_base, recipe, tmp_path / "work")
    assert said.startswith("nerve: rows that are too long: ")
    assert f"{rows}:6" in said
    options = (trainer, tiny_base, recipe, tmp_path / "work", "--skip-bad")
    run = subprocess.run(train_command(*options), cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "rows left out: they are too long for the model" in run.stdout


def test_what_saves_memory_changes_no_result(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """A step's rows in parts, and layers computed twice: the same losses, but for rounding."""
    plain, saving = tmp_path / "plain", tmp_path / "saving"
    without_dropout = RECIPE.replace("dropout = 0.1", "dropout = 0.0")
    recipe.write_text(without_dropout, encoding="utf-8")
    assert train(trainer, tiny_base, recipe, plain).wait() == 0
    less = without_dropout + "rows_at_once = 3\ngradient_checkpointing = true\n"
    recipe.write_text(less, encoding="utf-8")
    assert train(trainer, tiny_base, recipe, saving).wait() == 0
    assert losses(saving) == pytest.approx(losses(plain), rel=1e-3)


def test_the_last_weights_are_kept(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Not those of a lower validation loss on the way: what is held out says the contrary of what
    is learned. And without validation rows nothing is said of a loss that nobody measured."""
    data = recipe.with_name("data.json")
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    held_out = {one.text for one in split([Example(row["text"], ()) for row in rows], 8)[1]}
    for row in rows:
        row["label"] = {} if row["text"] in held_out else row["label"]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    often = RECIPE.replace("validate_every = 10", "validate_every = 4")
    fast = often.replace("learning_rate = 1e-3", "learning_rate = 3e-2")
    contrary = fast.replace("empty = 0.1", "empty = 0.0")
    blind = contrary.replace("validation_rows = 8", "validation_rows = 0")
    logs = []
    for name, text in (("looked", contrary), ("blind", blind)):
        recipe.write_text(text, encoding="utf-8")
        assert train(trainer, tiny_base, recipe, tmp_path / name).wait() == 0
        lines = (tmp_path / name / "log.jsonl").read_text(encoding="utf-8").splitlines()
        seen = [row.get("validation_loss") for row in map(json.loads, lines)]
        logs.append([loss for loss in seen if loss is not None])
    assert min(logs[0]) < logs[0][-1]
    assert logs[1] == []
    looked, unseen = (tmp_path / name / "adapter" / WEIGHTS for name in ("looked", "blind"))
    assert looked.read_bytes() == unseen.read_bytes()


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


def test_many_sources_are_trained_on_from_a_folder(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """And a single file is refused, in words."""
    many = RECIPE.replace("held_out = 8", "held_out = 2").replace("rows = 0", "rows = 30") + SOURCES
    recipe.write_text(many, encoding="utf-8")
    assert train(trainer, tiny_base, recipe, tmp_path / "file").wait() == 1
    folder(tmp_path / "sources")
    (tmp_path / "data.json").unlink()
    (tmp_path / "sources").rename(tmp_path / "data.json")
    assert train(trainer, tiny_base, recipe, tmp_path / "work").wait() == 0
    found = losses(tmp_path / "work")
    assert found[-1] < found[0]
