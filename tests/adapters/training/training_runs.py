"""A small recipe, and the trainer as a process of its own."""

import json
import subprocess
from pathlib import Path

from tests.engine.real_engine import ROOT

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


def train(
    trainer: Path, base: Path, recipe: Path, work: Path, *options: str
) -> "subprocess.Popen[bytes]":
    command = train_command(trainer, base, recipe, work, *options)
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def refused(trainer: Path, base: Path, recipe: Path, work: Path, *options: str) -> str:
    """The last line that it says."""
    command = train_command(trainer, base, recipe, work, *options)
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    return run.stderr.splitlines()[-1]


def train_command(trainer: Path, base: Path, recipe: Path, work: Path, *options: str) -> list[str]:
    """On the rows beside the recipe."""
    paths = map(str, (recipe, recipe.with_name("data.json"), base, work))
    return [str(trainer), "-m", "adapters", "train", *paths, *options]


def losses(work: Path) -> list[float]:
    """Of each step."""
    rows = (work / "log.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(row) for row in rows]
    assert [row["step"] for row in found] == list(range(1, len(found) + 1))
    return [row["loss"] for row in found]
