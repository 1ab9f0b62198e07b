"""LoRA fine-tuning from a recipe: resumable after a kill, the same result for the same seed."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from transformers import AutoTokenizer

from adapters import recipe
from adapters.data.readers import Kind
from adapters.mixing import rows
from adapters.mixing.rows import Rows
from adapters.mixing.steps import held_out_of, keep_held_out
from adapters.recipe import Recipe
from adapters.training import checkpoint, lengths, model
from adapters.training.freed_memory import keep_freed_memory
from adapters.training.run import Run
from adapters.training.template import Encoder
from adapters.training.work_folder import ADAPTER, UNFINISHED


@dataclass(frozen=True, slots=True)
class Trained:
    """``folder`` holds the weights after ``steps``; ``loss`` on the validation rows in nats a
    learned token, None without any; ``bad`` rows could not be read, ``left_out`` not written in the
    recipe's format, ``not_accepted`` were not by those who annotated them, ``too_long`` for the
    model."""

    folder: Path
    steps: int
    bad: int
    left_out: int
    not_accepted: int
    loss: float | None
    too_long: int


def train(
    recipe_file: Path,
    data: Path,
    base: Path,
    work: Path,
    kind: Kind = "auto",
    *,
    skip_bad: bool = False,
    encoding: str = "",
) -> Trained:
    """Train as ``recipe_file`` says on ``data`` over the model folder ``base``.

    ``data`` is a file of ``kind``, or the folder of ``sources`` for a recipe with sources.

    ``work`` keeps checkpoint.pt, log.jsonl and, once every step is done, adapter/: its rate has
    fallen to nothing there, and weights with a lower validation loss on the way find less (LOG.md).
    The recipe beside them is as it was read here. Calling again goes on from the last checkpoint.
    ``skip_bad`` counts rows that cannot be read, and those that are too long; no ``encoding`` is as
    the file's bytes tell. Raises RecipeError, DataError, RowTooLong, OSError, ValueError (another
    training in ``work``; a checkpoint of another recipe, other rows, another base or another start;
    start weights of another shape, or that were trained on rows that are held out now; a loss or a
    gradient that is not finite).
    """
    work.mkdir(parents=True, exist_ok=True)
    plan = recipe.load(recipe_file)
    begun = recipe_file.parent / plan.start if plan.start else None
    found = rows.load(plan, data, kind, skip_bad=skip_bad, encoding=encoding)
    if begun is not None:
        keep_held_out(begun, plan, found.examples)
    with checkpoint.alone(work):
        encoder = Encoder(AutoTokenizer.from_pretrained(base), plan.template, plan.format)
        found, too_long = lengths.fitting_rows(encoder, found, skip_bad=skip_bad)
        run = Run.prepare(plan, encoder, found, base, work, begun)
        unfinished = _begun_folder(recipe_file, plan, found, work)
        keep_freed_memory()
        run.go()
        model.save(run.model, unfinished, plan.lora, plan.base)
        shutil.rmtree(work / ADAPTER, ignore_errors=True)
        unfinished.rename(work / ADAPTER)
    done = run.progress
    return Trained(
        *(work / ADAPTER, done.step, found.bad, found.left_out, found.not_accepted, done.loss),
        too_long,
    )


def _begun_folder(recipe_file: Path, plan: Recipe, found: Rows, work: Path) -> Path:
    """What is to be the adapter's folder, with all but the weights: the recipe as it is now, since
    who likes may change it meanwhile, and what is held out."""
    unfinished = work / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    recipe.copy(recipe_file, plan, unfinished)
    held_out_of(plan, found.examples).write(unfinished)
    return unfinished
