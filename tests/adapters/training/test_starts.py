"""A training that goes on from another adapter, and the mean of two adapters."""

import subprocess
from pathlib import Path

import pytest

from adapters.training.work_folder import WEIGHTS
from tests.adapters.training.training_runs import RECIPE, losses, refused, train
from tests.deploy.commands.test_cli import nerve
from tests.engine.real_engine import ROOT, home

pytestmark = pytest.mark.engine


def test_training_goes_on_from_another_adapter(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """A recipe with `start` begins where those weights ended; weights of another shape are no
    start."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/adapter"' + RECIPE, encoding="utf-8")
    assert train(trainer, tiny_base, recipe, second).wait() == 0
    # The first step has the same rows, and fresh matrices would leave its loss as it was.
    assert losses(second)[0] < losses(first)[0]
    # A training that is done is of the weights that it began with, whatever lies there now.
    begun, other = first / "adapter", second / "adapter"
    weights = (begun / WEIGHTS).read_bytes()
    (begun / WEIGHTS).write_bytes((other / WEIGHTS).read_bytes())
    said = refused(trainer, tiny_base, recipe, second)
    assert "other rows, another base or other weights to start from; remove it" in said
    (begun / WEIGHTS).write_bytes(weights)
    assert train(trainer, tiny_base, recipe, second).wait() == 0
    recipe.write_text('start = "first/adapter"' + RECIPE.replace("rank = 8", "rank = 4"), "utf-8")
    assert train(trainer, tiny_base, recipe, tmp_path / "third").wait() == 1


def test_a_start_has_not_seen_what_is_held_out(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Its recipe lies beside its weights and says so."""
    first = tmp_path / "first"
    recipe.write_text(RECIPE.replace("held_out = 8", "held_out = 4"), encoding="utf-8")
    assert train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/adapter"' + RECIPE, encoding="utf-8")
    said = refused(trainer, tiny_base, recipe, tmp_path / "second")
    assert "data.held_out = 4, so the start may have been trained on rows that are" in said


def test_a_start_has_not_seen_what_is_held_out_of_a_part(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Whose number says nothing; the training wrote down which rows they are."""
    assert train(trainer, tiny_base, recipe, tmp_path / "first").wait() == 0
    assert "largest = " in (tmp_path / "first" / "adapter" / "held_out.toml").read_text("utf-8")
    recipe.write_text('start = "first/adapter"' + RECIPE, encoding="utf-8")
    data = recipe.with_name("data.json")
    rows = data.read_text("utf-8").splitlines(keepends=True)
    data.write_text("".join(rows[:30]), encoding="utf-8")
    said = refused(trainer, tiny_base, recipe, tmp_path / "second")
    assert "8 rows held out: adapter may have been trained on" in said


def test_the_mean_of_two_adapters_is_an_adapter(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Halfway between the two, byte for byte; others than of one shape have no mean."""
    env = {"NERVE_HOME": str(home())}
    first, second, mean = tmp_path / "first", tmp_path / "second", tmp_path / "mean"
    assert train(trainer, tiny_base, recipe, first).wait() == 0
    recipe.write_text('start = "first/adapter"' + RECIPE, encoding="utf-8")
    assert train(trainer, tiny_base, recipe, second).wait() == 0
    made = nerve("adapter", "average", str(mean), str(first), str(second), env=env)
    assert made.exit_code == 0, made.output
    kept = [(one / "held_out.toml").read_bytes() for one in (first / "adapter", mean)]
    assert kept[0] == kept[1]
    script = (
        "import sys; from safetensors.torch import load_file as load\n"
        "a, b, m = (load(f'{f}/adapter_model.safetensors') for f in sys.argv[1:])\n"
        "assert all(m[n].equal(((a[n].float() + b[n].float()) / 2).to(a[n].dtype)) for n in a)\n"
        "assert any(not a[n].equal(m[n]) for n in a)"
    )
    folders = (first / "adapter", second / "adapter", mean)
    assert subprocess.run([trainer, "-c", script, *folders], check=False).returncode == 0
    config = second / "adapter" / "adapter_config.json"
    config.write_text(config.read_text("utf-8").replace('"lora_alpha": 16', '"lora_alpha": 8'))
    assert "lora_alpha = 8; expected 16" in no_mean(trainer, *folders[:2])
    (mean / "adapter_model.safetensors").write_bytes(b"none")
    assert no_mean(trainer, folders[0], mean).endswith("expected an adapter's weights\n")


def no_mean(trainer: Path, *folders: Path) -> str:
    """What is said of them."""
    command = [trainer, "-m", "adapters", "average", folders[0].with_name("out"), *folders]
    refused = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    return refused.stderr
