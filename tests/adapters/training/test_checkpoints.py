"""A training that was ended in the middle goes on; its folder is its own."""

import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.training.training_runs import RECIPE, losses, refused, train, train_command
from tests.engine.real_engine import ROOT
from tests.support.waiting import until

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("frozen", ["float32", "bfloat16"])
def test_a_killed_run_ends_as_one_that_was_left_alone(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path, frozen: str
) -> None:
    """The same weights, the same log; dropout included, since its random state is kept. In
    bfloat16 too, which a GPU takes whatever the recipe says, and a CPU with AMX may."""
    recipe.write_text(RECIPE.replace('"float32"', f'"{frozen}"'), encoding="utf-8")
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    train(trainer, tiny_base, recipe, alone).wait()
    run = train(trainer, tiny_base, recipe, killed)
    until(lambda: (killed / "checkpoint.pt").exists(), within_s=120)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert not (killed / "adapter").exists()
    assert train(trainer, tiny_base, recipe, killed).wait() == 0
    assert losses(killed) == losses(alone)
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        assert (killed / "adapter" / file).read_bytes() == (alone / "adapter" / file).read_bytes()


def test_the_recipe_beside_the_weights_is_that_of_the_training(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Not what became of it meanwhile; and until all is done it lies beside no weights."""
    work = tmp_path / "work"
    run = train(trainer, tiny_base, recipe, work)
    until(lambda: (work / "adapter.part" / "recipe.toml").exists(), within_s=120)
    recipe.write_text(RECIPE.replace("公司", "企业"), encoding="utf-8")
    assert run.wait() == 0
    assert (work / "adapter" / "recipe.toml").read_text(encoding="utf-8") == RECIPE
    assert not (work / "adapter.part").exists()


def test_a_checkpoint_is_of_its_rows(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """On others it would go on with steps that it never made; bad rows can be left out, and
    the same ones may be in another encoding by now."""
    work, rows = tmp_path / "work", recipe.with_name("data.json")
    assert train(trainer, tiny_base, recipe, work).wait() == 0
    rows.write_text(rows.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    bad = refused(trainer, tiny_base, recipe, work)
    assert bad.startswith(f"nerve: {rows}:61: text is missing")
    assert train(trainer, tiny_base, recipe, work, "--skip-bad").wait() == 0
    content = rows.read_text(encoding="utf-8")
    rows.write_text(content, encoding="utf-7")
    told = ("--skip-bad", "--encoding", "utf-7")
    assert train(trainer, tiny_base, recipe, work, *told).wait() == 0
    rows.write_text(content.replace("0号", "零号"), encoding="utf-8")
    said = refused(trainer, tiny_base, recipe, work, "--skip-bad")
    assert "was made with another recipe, other rows, another base or other weights" in said


def test_a_checkpoint_is_of_its_base_and_an_older_one_of_less(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """Other weights of the same name and size are another base. What an earlier Nerve wrote says
    nothing of them, and goes on."""
    work, base = tmp_path / "work", tmp_path / "base"
    shutil.copytree(tiny_base, base)
    assert train(trainer, base, recipe, work).wait() == 0
    (weights,) = base.glob("*.safetensors")
    content = bytearray(weights.read_bytes())
    content[-2] ^= 1
    weights.write_bytes(content)
    assert "other rows, another base or other weights" in refused(trainer, base, recipe, work)
    forget = (
        "import json, sys, torch\n"
        "state = torch.load(sys.argv[1], weights_only=True)\n"
        "made_of = json.loads(state['made_of'])\n"
        "[made_of.pop(key) for key in ('configuration', 'weights', 'start')]\n"
        "torch.save(state | {'made_of': json.dumps(made_of)}, sys.argv[1])"
    )
    subprocess.run([trainer, "-c", forget, work / "checkpoint.pt"], check=True)
    assert train(trainer, base, recipe, work).wait() == 0


def test_a_disk_that_is_full_is_named_and_leaves_no_half(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """No fault of torch's; and a checkpoint that cannot be read is one to remove."""
    work = tmp_path / "work"
    command = train_command(trainer, base=tiny_base, recipe=recipe, work=work)
    full = ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", *command]
    run = subprocess.run(full, cwd=ROOT, capture_output=True, text=True)
    said = f"nerve: {work / 'checkpoint.pt'}: File too large"
    assert (run.returncode, run.stderr.splitlines()[-1]) == (1, said)
    assert "Traceback" not in run.stderr
    assert not [*work.glob("checkpoint.*")]
    (work / "checkpoint.pt").write_bytes(b"PK\x03\x04 and no more")
    said = refused(trainer, tiny_base, recipe, work)
    assert said == (
        f"nerve: {work / 'checkpoint.pt'} is no checkpoint that can be read; remove it to start "
        "again"
    )


def test_two_trainings_do_not_share_a_folder(
    trainer: Path, tiny_base: Path, recipe: Path, tmp_path: Path
) -> None:
    """The second says so, and the first is not disturbed."""
    work = tmp_path / "work"
    work.mkdir()
    with alone(work / "lock"):
        said = refused(trainer, tiny_base, recipe, work)
    assert said.startswith(f"nerve: another training is under way in {work}; wait for its end")
    assert not (work / "checkpoint.pt").exists()


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """As a trainer holds its folder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
